import { z } from "zod";

/** A scripted delay in milliseconds, up to a day. */
export const delayMsSchema = z.int().min(0).max(86_400_000);
