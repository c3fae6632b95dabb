import { z } from "zod";
import { installMembersSchema } from "./request.ts";
import { isUlid } from "./values/ids.ts";
import { isWebAddress } from "./values/shown-text.ts";

/**
 * How far a connect link is. `connected` is its one success; `cancelled_by_customer` and `failed` without an install may
 * be opened again until the link expires.
 */
export const connectLinkStatuses = [
  "open",
  "opened",
  "signing_up",
  "connected",
  "cancelled_by_customer",
  "failed",
  "expired",
  "revoked",
] as const;

export type ConnectLinkStatus = (typeof connectLinkStatuses)[number];

/** How a customer's signup can end without an install; each has a sentence for the engineer who made the link. */
export const connectFailures = {
  no_phone_number:
    "The customer finished Meta's signup without a phone number: the link may be opened again to add one.",
  meta_error: "Meta's window reported an error: see metaErrorId; the link may be opened again.",
  signup_code_refused: "Meta refused the code of the signup: the customer has to sign up again.",
  meta_unavailable: "Meta gave no usable answer: the customer has to sign up again in a few minutes.",
  number_unreadable: "Meta did not show the phone number of the signup: the customer has to sign up again.",
  number_mismatch:
    "The number has an install in this workspace under other ids: see the installs of its phoneId.",
  refused: "Perch refused what the signup gave: the log of perch connect names the reason.",
} as const satisfies Readonly<Record<string, string>>;

export type ConnectFailure = keyof typeof connectFailures;

/** What of an install request is known before the customer signs up. */
export const connectLinkMembers = installMembersSchema
  .omit({ wabaId: true, phoneId: true, phoneNumber: true, accessToken: true, priority: true })
  .extend({
    expiresInSeconds: z
      .int("must be a whole number of seconds")
      .min(60, "must be at least 60")
      .max(30 * 86_400, "must be at most 2592000, 30 days")
      .default(7 * 86_400)
      .meta({ description: "How long the link can be used, seconds; default 7 days, at most 30." }),
    redirectUrl: z
      .string("must be text: an https address")
      .max(2048, "must not be longer than 2048 characters")
      .refine(isWebAddress, "must be an https address without a user name or password")
      .refine((url) => !URL.canParse(url) || new URL(url).protocol === "https:", "must be an https address")
      .meta({
        description:
          "Where the page sends the customer at the end; https, on a host of CONNECT_REDIRECT_HOSTS.",
      })
      .optional(),
  });

export type ConnectLinkRequest = z.output<typeof connectLinkMembers>;

const idPrefix = "lnk_";

/** The id of a link: `lnk_` and a ULID, which names the shard as that of an install does. */
export const connectLinkId = (ulid: string): string => idPrefix + ulid;

/** The ULID in a link's id. */
export const ulidOfLink = (id: string): string => id.slice(idPrefix.length);

export const isConnectLinkId = (text: string): boolean =>
  text.startsWith(idPrefix) && isUlid(ulidOfLink(text));

const time = (what: string) => z.string().meta({ description: `${what} ISO 8601, UTC.` });

/** A link as callers see it: without its secret, and what of the request may be shown. */
export const connectLinkSchema = z
  .object({
    id: z.string(),
    status: z.enum(connectLinkStatuses).meta({
      description:
        "`cancelled_by_customer`, and `failed` without an `installId`, may be opened again until `expiresAt`.",
    }),
    workspaceId: z.string(),
    name: z.string(),
    mbPhoneId: z.string().optional(),
    metadata: z.record(z.string(), z.string()).optional(),
    callbackUrl: z.string().optional(),
    redirectUrl: z.string().optional(),
    requestedBy: z.string().optional().meta({ description: "Name of the API key that made it." }),
    installId: z
      .string()
      .optional()
      .meta({ description: "The install that the finished signup became; its status is the progress." }),
    step: z
      .string()
      .optional()
      .meta({ description: "Of a cancelled one: the screen of Meta's window the customer left at." }),
    error: z
      .object({ code: z.string(), message: z.string() })
      .optional()
      .meta({ description: "Of a failed one: why; that of its install where there is one." }),
    metaErrorId: z.string().optional().meta({ description: "Meta's id of an error its window reported." }),
    signupEvent: z.string().optional().meta({
      description:
        "What Meta's window finished with: `FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING` is a number that stays in the WhatsApp Business app, too.",
    }),
    createdAt: time("When it was made."),
    expiresAt: time("When it stops working."),
    openedAt: time("When a customer first opened it.").optional(),
    updatedAt: time("When it last changed."),
  })
  .meta({
    id: "ConnectLink",
    description: "A link on which a customer connects a number, and how far it is.",
  });

export type ConnectLink = Readonly<z.infer<typeof connectLinkSchema>>;
