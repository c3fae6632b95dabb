import { z } from "zod";
import {
  type ConnectFailure,
  type ConnectLink,
  type ConnectLinkStatus,
  connectFailures,
} from "../../install/connect-link.ts";
import { type Install, isEnded } from "../../install/install.ts";
import { channelEvents } from "../../install/request.ts";
import { jsonOrUndefined } from "../../install/values/lenient.ts";
import { isoTime } from "../../install/values/shown-text.ts";
import type { StoredLinkStatus } from "./moves.ts";

const ms = z.coerce.number();

/** What is known of a link's request, without its secrets. */
const storedRequestSchema = z.object({
  workspaceId: z.string(),
  name: z.string(),
  mbPhoneId: z.string().optional(),
  channelConversationalStatusEnabled: z.boolean().optional(),
  reinstall: z.boolean().optional(),
  metadata: z.record(z.string(), z.string()).optional(),
  callbackUrl: z.string().optional(),
  channelWebhooks: z.object({ url: z.string(), events: z.array(z.enum(channelEvents)) }).optional(),
});

/** The secrets of a link's request, which are sealed for the link. */
export const linkSecretsSchema = z.object({
  invitationToken: z.string().optional(),
  signingKey: z.string().optional(),
});

const statuses = [
  ...["open", "opened", "signing_up"],
  ...["cancelled_by_customer", "failed", "revoked"],
] as const satisfies readonly StoredLinkStatus[];

/** The hash of a link. Members are absent until set. */
const fieldsSchema = z.object({
  status: z.enum(statuses),
  request: z.string().transform((text, context) => {
    const read = storedRequestSchema.safeParse(jsonOrUndefined(text));
    if (read.success) return read.data;
    context.addIssue({ code: "custom", message: "is not the request of a link" });
    return z.NEVER;
  }),
  sealed: z.string().optional(),
  redirectUrl: z.string().optional(),
  requestedBy: z.string().optional(),
  createdAtMs: ms,
  updatedAtMs: ms,
  expiresAtMs: ms,
  openedAtMs: ms.optional(),
  installId: z.string().optional(),
  code: z.string().optional(),
  step: z.string().optional(),
  metaErrorId: z.string().optional(),
  signupEvent: z.string().optional(),
  /** Where its trace begins, as a `traceparent`: the first opening that is sampled. */
  trace: z.string().optional(),
  /** How often its customer broke off. */
  cancels: ms.optional(),
});

export type LinkFields = Readonly<z.infer<typeof fieldsSchema>>;

/** A link as it is stored, and Redis's time when it was read. */
export interface StoredLink {
  readonly id: string;
  readonly fields: LinkFields;
  readonly nowMs: number;
}

/** Reads HGETALL's answer; undefined: there is no such link, or a later version wrote it. */
export const readLinkFields = (flat: readonly string[]): LinkFields | undefined =>
  fieldsSchema.safeParse(
    Object.fromEntries(flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1]]] : []))),
  ).data;

const failureNames: readonly string[] = Object.keys(connectFailures);
const isFailure = (code: string): code is ConnectFailure => failureNames.includes(code);

/**
 * The status of a link: with an install that exists, that install's outcome; else what is stored, or `expired` by Redis's
 * clock unless something else ended it. An install id without an install is one that was never enqueued.
 */
const statusOf = ({ fields, nowMs }: StoredLink, install: Install | undefined): ConnectLinkStatus => {
  if (fields.status === "revoked") return "revoked";
  if (install !== undefined) {
    if (install.status === "completed") return "connected";
    return isEnded(install.status) ? "failed" : "signing_up";
  }
  const isBrokenOff = fields.status === "cancelled_by_customer" || fields.status === "failed";
  return nowMs >= fields.expiresAtMs && !isBrokenOff ? "expired" : fields.status;
};

/** A link as callers see it. @param install The one it names, if that exists. */
export const viewLink = (link: StoredLink, install: Install | undefined): ConnectLink => {
  const { fields } = link;
  const { workspaceId, name, mbPhoneId, metadata, callbackUrl } = fields.request;
  const status = statusOf(link, install);
  return {
    id: link.id,
    status,
    ...{ workspaceId, name, mbPhoneId, metadata, callbackUrl },
    redirectUrl: fields.redirectUrl,
    requestedBy: fields.requestedBy,
    installId: install?.id,
    step: status === "cancelled_by_customer" ? fields.step : undefined,
    error: status === "failed" ? errorOf(fields, install) : undefined,
    metaErrorId: status === "failed" ? fields.metaErrorId : undefined,
    signupEvent: fields.signupEvent,
    createdAt: isoTime(fields.createdAtMs),
    expiresAt: isoTime(fields.expiresAtMs),
    openedAt: fields.openedAtMs === undefined ? undefined : isoTime(fields.openedAtMs),
    updatedAt: install?.updatedAt ?? isoTime(fields.updatedAtMs),
  };
};

const errorOf = ({ code = "refused" }: LinkFields, install: Install | undefined): ConnectLink["error"] => {
  if (install?.error !== undefined) return { code: install.error.code, message: install.error.message };
  return { code, message: connectFailures[isFailure(code) ? code : "refused"] };
};
