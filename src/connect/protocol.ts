import { z } from "zod";
import { connectLinkStatuses } from "../install/connect-link.ts";

/** What a request was refused for; each is a problem's `code`. */
export const connectRefusals = [
  ...(["not_found", "cross_site", "too_many_requests", "invalid_json", "invalid_request"] as const),
  ...(["too_large", "unsupported_media_type", "method_not_allowed", "in_progress"] as const),
  ...(["too_few_shards", "unavailable", "internal"] as const),
] as const;

export type ConnectRefusal = (typeof connectRefusals)[number];

/** How far the install of a finished signup is, in a customer's terms. `delayed`: it goes on by itself, later. */
export const connectProgress = ["queued", "creating", "activating", "delayed"] as const;

const access = {
  link: z.string().max(64),
  secret: z.string().max(128),
};

const digits = z.string().regex(/^\d{1,32}$/, "must be digits");
/** Words of Meta's messages: the names of screens, events and errors. */
const word = z
  .string()
  .max(100)
  .regex(/^[\w .:-]*$/, "must be one of Meta's words");

/** Bodies of the protocol, by the last part of their address under `/v1/session/`. */
export const requestSchemas = {
  open: z.object(access),
  started: z.object(access),
  cancelled: z.object({ ...access, step: word.optional() }),
  failed: z.object({ ...access, metaErrorId: word.optional(), metaErrorCode: word.optional() }),
  finish: z.object({
    ...access,
    code: z.string().min(1).max(4096),
    wabaId: digits,
    /** Absent when the customer finished without a number. */
    phoneId: digits.optional(),
    /** Meta's name of the ending, such as FINISH. */
    event: word.min(1),
  }),
  status: z.object({
    ...access,
    /** The `state` of the answer before: the next answer comes when it has changed, or after 25 s. */
    seen: z.string().max(100).optional(),
  }),
} as const;

/** What every request but a refused one answers. */
export const sessionSchema = z.object({
  status: z.enum(connectLinkStatuses),
  /** Changes with anything a page shows; opaque. */
  state: z.string(),
  /** Of `signing_up` once the signup is finished. */
  progress: z.enum(connectProgress).optional(),
  /** Of `failed`. `install_failed`: the platform has to act; what failed is not for strangers. */
  error: z.object({ code: z.string() }).optional(),
  /** Whether the customer may begin again. */
  canReopen: z.boolean(),
  expiresAt: z.string(),
  redirectUrl: z.string().optional(),
});

export type SessionAnswer = z.output<typeof sessionSchema>;

/** What a page needs to show itself and to open Meta's window. */
export const openedSchema = sessionSchema.extend({
  name: z.string(),
  logoUrl: z.string().optional(),
  meta: z.object({
    appId: z.string(),
    configId: z.string(),
    /** Such as `v23.0`. */
    graphVersion: z.string(),
    sdkUrl: z.string(),
    /** Origins whose messages are Meta's. */
    allowedOrigins: z.array(z.string()),
  }),
});

export type OpenedAnswer = z.output<typeof openedSchema>;
