import { z } from "zod";
import { connectLinkMembers } from "../../install/connect-link.ts";
import {
  installChangeSchema,
  installMembersSchema,
  installRequestSchema,
  signupRequestSchema,
} from "../../install/request.ts";
import { idRules } from "../../install/values/ids.ts";
import type { BodyExamples } from "../openapi/openapi.ts";

/** What this process's settings allow in a request. */
interface BodyRules {
  /** `NOTIFY_ALLOW_PRIVATE`: addresses of webhooks may be http. */
  readonly allowsHttp: boolean;
  /** `META_APP_ID` and `META_APP_SECRET` are set. */
  readonly canExchange: boolean;
}

export const onlyHttps = "must be an https address; NOTIFY_ALLOW_PRIVATE=true allows http";
const cannotExchange =
  "cannot be exchanged here: set META_APP_ID and META_APP_SECRET, or send accessToken instead";

const isAllowedUrl = (url: string, { allowsHttp }: Pick<BodyRules, "allowsHttp">): boolean =>
  allowsHttp || (URL.canParse(url) && new URL(url).protocol === "https:");

const callbackUrlSchema = (rules: Pick<BodyRules, "allowsHttp">) =>
  installMembersSchema.shape.callbackUrl
    .unwrap()
    .refine((url) => isAllowedUrl(url, rules), onlyHttps)
    .optional();

/** How many of the two members an input has, whatever else is wrong with it; 1 when it is not an object. */
const tokenMembers = (input: unknown): number =>
  typeof input === "object" && input !== null
    ? ["accessToken", "signupCode"].filter((member) => member in input).length
    : 1;

/** Also checks an input with other issues, so that the caller gets all of them at once. */
const always = { when: () => true } as const;

/**
 * Body of a new install: the install request, with exactly one of `accessToken` and `signupCode`.
 *
 * Both rules report their issue at the member, as every other rule does.
 */
export const createInstallBody = (rules: BodyRules) => {
  const { channelWebhooks } = installMembersSchema.shape;
  const webhooks = channelWebhooks.unwrap();
  return installMembersSchema
    .partial({ accessToken: true })
    .extend({
      signupCode: signupRequestSchema.shape.signupCode
        .refine(() => rules.canExchange, cannotExchange)
        .optional(),
      callbackUrl: callbackUrlSchema(rules),
      channelWebhooks: webhooks
        .extend({ url: webhooks.shape.url.refine((url) => isAllowedUrl(url, rules), onlyHttps) })
        .optional(),
    })
    .refine((input) => tokenMembers(input) > 0, {
      ...always,
      path: ["accessToken"],
      error: "is missing: send it, or the signupCode of the embedded signup",
    })
    .refine((input) => tokenMembers(input) < 2, {
      ...always,
      path: ["signupCode"],
      error: "must not be sent together with accessToken",
    })
    .refine(...idRules.twoIds)
    .refine(...idRules.phoneIdIsNoNumber)
    .refine(...idRules.wabaIdIsNoNumber);
};

/**
 * The body of a new install as the document describes it, so that generated clients know that it has one of the two
 * secrets. Bodies are validated by {@link createInstallBody}, because a union names no single wrong member.
 */
export const documentedInstallBody = z
  .xor([
    installRequestSchema.meta({ id: "InstallRequestWithToken", description: "With the long-lived token." }),
    signupRequestSchema.meta({
      id: "InstallRequestWithCode",
      description: "With the single-use code of the embedded signup, which is exchanged at Meta.",
    }),
  ])
  .meta({
    id: "InstallRequest",
    description: "One phone number into one Bird workspace, with an access token or a signup code.",
  });

/** Body of a new connect link: what of an install request is known before its customer signs up. */
export const createLinkBody = (
  rules: Pick<BodyRules, "allowsHttp"> & { readonly redirectHosts: readonly string[] },
) => {
  const { channelWebhooks, redirectUrl } = connectLinkMembers.shape;
  const webhooks = channelWebhooks.unwrap();
  return connectLinkMembers.extend({
    callbackUrl: callbackUrlSchema(rules),
    channelWebhooks: webhooks
      .extend({ url: webhooks.shape.url.refine((url) => isAllowedUrl(url, rules), onlyHttps) })
      .optional(),
    redirectUrl: redirectUrl
      .unwrap()
      .refine(
        (url) => !URL.canParse(url) || rules.redirectHosts.includes(new URL(url).host),
        "must be on a host of CONNECT_REDIRECT_HOSTS",
      )
      .optional(),
  });
};

/** Members of a request that a retry replaces. */
export const createChangeSchema = (rules: Pick<BodyRules, "allowsHttp">) =>
  installChangeSchema.extend({ callbackUrl: callbackUrlSchema(rules) });

/** Body of a retry: the members to replace. No body replaces nothing. */
export const createRetryBody = (rules: BodyRules) =>
  z.preprocess((body) => body ?? {}, createChangeSchema(rules));

const example = {
  workspaceId: "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10",
  name: "Acme support",
  wabaId: "102290129340398",
  phoneId: "106540352242922",
  phoneNumber: "+1 415 555 0123",
} as const;

/** Requests that can be sent as they are. */
export const installExamples = {
  token: {
    summary: "With a long-lived access token",
    value: { ...example, accessToken: "EAAG-long-lived-token", metadata: { customer: "42" } },
  },
  signupCode: {
    summary: "With the code of the embedded signup",
    value: {
      ...example,
      phoneId: "106540352242924",
      phoneNumber: "+1 415 555 0125",
      signupCode: "AQD-code-of-the-signup",
    },
  },
  bulk: {
    summary: "Behind everything interactive",
    value: {
      ...example,
      phoneId: "106540352242923",
      phoneNumber: "0014155550124",
      accessToken: "EAAG-another-token",
      priority: "bulk",
    },
  },
} as const satisfies BodyExamples;

export const linkExamples = {
  link: {
    summary: "A link for one customer",
    value: { workspaceId: example.workspaceId, name: example.name, metadata: { customer: "42" } },
  },
} as const satisfies BodyExamples;

export const retryExamples = {
  same: { summary: "As it was", value: {} },
  replaced: {
    summary: "With members replaced",
    value: { accessToken: "EAAG-renewed-token", name: "Acme support" },
  },
} as const satisfies BodyExamples;
