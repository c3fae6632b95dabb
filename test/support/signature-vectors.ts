import { readFileSync } from "node:fs";
import { z } from "zod";

/** Signatures of Bird that are known to be right. */
export const { vectors } = z
  .object({
    vectors: z.array(
      z.object({
        name: z.string(),
        signingKey: z.string(),
        timestamp: z.string(),
        secondPart: z.string(),
        bodyUtf8: z.string(),
        signatureBase64: z.string(),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL("../fixtures/signature-vectors.json", import.meta.url), "utf8")));
