import { z } from "zod";
import { accessTokenIssue, signupCodeIssue } from "./values/access-token.ts";
import { idRules } from "./values/ids.ts";
import { readPhoneNumber } from "./values/phone-number.ts";
import { isWebAddress } from "./values/shown-text.ts";

const metadataBytesMax = 2048;
/** Meta's long-lived tokens are around 200 characters; this leaves room without letting a mistaken paste in. */
const secretCharactersMax = 4096;

const digits = (what: string) =>
  z
    .string(`must be text: the digits of the ${what}`)
    .trim()
    .superRefine((value, context) => {
      if (/^\d{1,32}$/.test(value)) return;
      context.addIssue({
        code: "custom",
        message: /^\d+([.,]\d+)?e\+?\d+$/i.test(value)
          ? `was turned into a rounded number by a spreadsheet: format the column as text and paste the ${what} again`
          : `must be the digits of the ${what}, nothing else`,
      });
    });

/** @param faultOf Why a text can be no such secret, said in place of what is wrong with its characters. */
const secret = (what: string, faultOf: (text: string) => string | undefined = () => undefined) =>
  z
    .string(`must be text: ${what}`)
    .trim()
    .superRefine((text, context) => {
      const message = text === "" ? undefined : faultOf(text);
      if (message !== undefined) context.addIssue({ code: "custom", message, continue: false });
    })
    .min(1, `must not be empty: ${what}`)
    .max(secretCharactersMax, `must not be longer than ${secretCharactersMax} characters`)
    .regex(/^[\x21-\x7e]*$/, "must be one line of printable ASCII without spaces");

/** A phone number in any usual writing, read as E.164. */
export const phoneNumberSchema = (what: string) =>
  z.string(`must be text: ${what}`).transform((text, context) => {
    const read = readPhoneNumber(text);
    if ("number" in read) return read.number;
    context.addIssue({ code: "custom", message: read.issue });
    return z.NEVER;
  });

const metadataSchema = z
  // zod leaves out a member of this name silently.
  .custom<Record<string, string>>(
    (map) => typeof map !== "object" || map === null || !Object.hasOwn(map, "__proto__"),
    "must not have a member called __proto__",
  )
  .pipe(z.record(z.string(), z.string("must be text"), "must be an object of texts"))
  .refine((map) => Buffer.byteLength(JSON.stringify(map)) <= metadataBytesMax, {
    message: `must not be larger than ${metadataBytesMax} bytes as JSON`,
  })
  .meta({
    description: `Texts of your own, returned untouched; at most ${metadataBytesMax} bytes as JSON.`,
    type: "object",
    additionalProperties: { type: "string" },
  });

/** Where notifications go. The API and each delivery check by the settings whether http and private addresses are allowed. */
const webhookUrlSchema = z
  .string("must be text: an https address")
  .max(2048, "must not be longer than 2048 characters")
  .refine(isWebAddress, "must be an https address without a user name or password");

/** Events of a WhatsApp channel that Bird can send to a subscription. */
export const channelEvents = ["whatsapp.inbound", "whatsapp.outbound", "whatsapp.interaction"] as const;

/** Subscriptions for the new channel, made once it exists. `signingKey` is write-only. */
const channelWebhooksSchema = z.strictObject({
  url: webhookUrlSchema,
  events: z
    .array(z.enum(channelEvents, `must be one of ${channelEvents.join(", ")}`))
    .min(1, "must name at least one event")
    .refine((events) => new Set(events).size === events.length, "must not name an event twice")
    .default([...channelEvents]),
  signingKey: secret("the key Bird signs these webhooks with").meta({
    description: "Key Bird signs these webhooks with; never shown again.",
    writeOnly: true,
  }),
});

export type ChannelWebhooks = z.output<typeof channelWebhooksSchema>;

/** The members of an install request, each validated by itself. */
export const installMembersSchema = z.strictObject(
  {
    workspaceId: z
      .guid("must be the workspace's UUID (not the ws_… text of the dashboard's address)")
      .toLowerCase()
      .meta({ description: "Bird workspace the number is installed into." }),
    name: z
      .string("must be text: what the connector is called in Bird")
      .trim()
      .min(1, "must not be empty: what the connector is called in Bird")
      .max(255, "must not be longer than 255 characters")
      // Without the u flag, which a document's readers may not set.
      .regex(/^[\t\r\n -~\u00a0-\uffff]*$/, "must not have control characters")
      .meta({ description: "Name of the connector in Bird." }),
    wabaId: digits("WhatsApp Business Account id").meta({
      description: "Meta's WhatsApp Business Account id, digits.",
    }),
    phoneId: digits("phone number id of Meta").meta({ description: "Meta's phone number id, digits." }),
    phoneNumber: phoneNumberSchema("the phone number with its country code").meta({
      description: "Phone number with its country code, in any usual writing; kept as E.164.",
    }),
    mbPhoneId: z
      .guid("must be Bird's UUID of a number bought at Bird; leave it out for your own number")
      .meta({ description: "Bird's id of a number bought at Bird; omit it for your own number." })
      .optional(),
    accessToken: secret("the long-lived token of the embedded signup", accessTokenIssue).meta({
      description: "Long-lived token of Meta's embedded signup; never shown again.",
      writeOnly: true,
    }),
    invitationToken: secret("the invitation token")
      .meta({ description: "Invitation token; never shown again.", writeOnly: true })
      .optional(),
    channelConversationalStatusEnabled: z
      .boolean("must be true or false")
      .meta({ description: "Passed on to Bird." })
      .optional(),
    reinstall: z
      .boolean("must be true or false")
      .meta({ description: "Install again although the number is completed in this workspace." })
      .optional(),
    priority: z
      .enum(["interactive", "bulk"], "must be interactive or bulk")
      .meta({
        description:
          "interactive runs before bulk. Default: interactive for single requests, bulk for batches.",
      })
      .optional(),
    metadata: metadataSchema.optional(),
    callbackUrl: webhookUrlSchema
      .meta({ description: "Address to notify of this install's outcome, in addition to NOTIFY_URL. https." })
      .optional(),
    channelWebhooks: channelWebhooksSchema.optional(),
  },
  {
    error: (issue) =>
      issue.code === "invalid_type" ? "must be an object with the members of an install request" : undefined,
  },
);

/**
 * What a caller sends to have one number installed into one workspace. Unknown members are refused.
 *
 * Every secret member is listed in {@link secretMembers} and is sealed before it reaches Redis.
 */
export const installRequestSchema = installMembersSchema
  .refine(...idRules.twoIds)
  .refine(...idRules.phoneIdIsNoNumber)
  .refine(...idRules.wabaIdIsNoNumber);

/**
 * An install request with the single-use code of Meta's embedded signup in place of the token. The API exchanges the code;
 * only the token is enqueued.
 */
export const signupRequestSchema = installMembersSchema
  .omit({ accessToken: true })
  .extend({
    signupCode: secret("the code of the embedded signup", signupCodeIssue).meta({
      description:
        "Single-use code of Meta's embedded signup, instead of accessToken: exchanged at once and not stored.",
      writeOnly: true,
    }),
  })
  .refine(...idRules.twoIds)
  .refine(...idRules.phoneIdIsNoNumber)
  .refine(...idRules.wabaIdIsNoNumber);

export type SignupRequestInput = z.input<typeof signupRequestSchema>;
export type SignupRequest = z.output<typeof signupRequestSchema>;

/** Members a retry may replace. Not the workspace: another workspace is another install. */
export const installChangeSchema = installMembersSchema
  .pick({
    name: true,
    wabaId: true,
    phoneId: true,
    phoneNumber: true,
    mbPhoneId: true,
    accessToken: true,
    invitationToken: true,
    channelConversationalStatusEnabled: true,
    metadata: true,
    callbackUrl: true,
  })
  .partial();

/**
 * Members of a request that a retry replaces: any of `name`, `wabaId`, `phoneId`, `phoneNumber`, `mbPhoneId`,
 * `accessToken`, `invitationToken`, `channelConversationalStatusEnabled`, `metadata`, `callbackUrl`.
 */
export type InstallChange = z.output<typeof installChangeSchema>;

/**
 * A request as a caller writes it. Unknown members are refused.
 *
 * - `workspaceId` (UUID), `name` (1 to 255 characters), `wabaId` and `phoneId` (Meta's ids, digits as text), `phoneNumber`
 *   with its country code in any usual writing, and `accessToken` (long-lived; sealed, never handed back).
 * - Optional: `mbPhoneId`, `invitationToken` (sealed too), `channelConversationalStatusEnabled`, `reinstall`, `priority`
 *   (`interactive` or `bulk`), `metadata` (texts, 2 KiB as JSON), `callbackUrl` (https), `channelWebhooks`.
 */
export type InstallRequestInput = z.input<typeof installRequestSchema>;
/** A request after validation: trimmed, number in E.164, workspace id in lower case. */
export type InstallRequest = z.output<typeof installRequestSchema>;

/** The members that are write-only: never stored, logged, shown or traced in clear. */
export const secretMembers = ["accessToken", "invitationToken"] as const;
export type SecretMember = (typeof secretMembers)[number];

/** The columns of an import file, in the order a template would have them. */
export const requestMembers = Object.keys(installMembersSchema.shape);

/** Longest name of a requester, characters. */
const nameMax = 100;

/**
 * Validates a requester's name, which is stored and shown: that of an API key, `cli:` and a user's, or the one a program
 * passes to the library.
 *
 * @throws {TypeError} the name is invalid.
 */
export const requesterName = <Name extends string | undefined>(name: Name): Name => {
  if (name === undefined || (/^\P{Cc}+$/u.test(name) && name.length <= nameMax)) return name;
  throw new TypeError(`requestedBy must be 1 to ${nameMax} characters without control characters.`);
};

/** The requester of an action. */
export interface Requester {
  /** Default: the requester the actions were created for, or none. */
  readonly requestedBy?: string | undefined;
}
