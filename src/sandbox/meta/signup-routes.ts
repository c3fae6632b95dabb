import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { isLoopback } from "../../http/is-loopback.ts";
import { parseInput } from "../../install/errors/input-error.ts";
import { type Answer, bodyError, invalidAnswer, sendAnswer } from "../http/answer.ts";
import { endSignup, madeUpPhone, type SignupChoice, signupChoiceSchema } from "./signup-endings.ts";
import { sdkScript } from "./signup-sdk.ts";
import { refusalPage, windowPage, windowScript, windowStyle } from "./signup-window.ts";

/** What a page opens the window with, as the SDK writes it. */
const querySchema = z.object({
  app_id: z.string(),
  config_id: z.string().regex(/^\d+$/),
  response_type: z.literal("code"),
  override_default_response_type: z.literal("true"),
  origin: z.url(),
});

/** How every window ends without a click, until it is cleared. */
export interface SignupPreset {
  /** @throws {InputError} and keeps the old one. */
  readonly set: (choice: unknown) => void;
  /** Windows wait for a click. */
  readonly clear: () => void;
  readonly get: () => SignupChoice | undefined;
}

export const createSignupPreset = (): SignupPreset => {
  let preset: SignupChoice | undefined;
  return {
    set: (choice) => {
      preset = parseInput(signupChoiceSchema, choice);
    },
    clear: () => {
      preset = undefined;
    },
    get: () => preset,
  };
};

/** Only scripts and styles of the sandbox itself. */
const windowCsp =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-ancestors 'none'";

/**
 * Meta's JavaScript SDK and its signup window, simulated. As Meta does, the window answers pages of https origins only; here
 * also those of this machine.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/embedded-signup/implementation/
 */
export const addSignupRoutes = (
  app: FastifyInstance,
  deps: {
    readonly appId: string;
    readonly preset: SignupPreset;
    readonly addPhone: (phone: NonNullable<ReturnType<typeof endSignup>["phone"]>) => void;
    readonly now: () => number;
  },
): void => {
  const { appId, preset, addPhone, now } = deps;
  const config = { operation: "signupWindow" } as const;
  const files = [
    ["sdk.js", "text/javascript", sdkScript],
    ["signup/window.js", "text/javascript", windowScript],
    ["signup/window.css", "text/css", windowStyle],
  ] as const;
  for (const [path, type, text] of files)
    app.get(`/meta/${path}`, { config }, (_request, reply) =>
      reply
        .headers({ "cross-origin-resource-policy": "cross-origin", "cache-control": "no-store" })
        .type(`${type}; charset=utf-8`)
        .send(text),
    );

  app.get("/meta/:version(^v\\d+\\.\\d+$)/dialog/oauth", { config }, (request, reply) => {
    const query = querySchema.safeParse(request.query);
    const refusal = query.success
      ? refusalOf(query.data, appId)
      : "The parameters of the login are not valid.";
    const answer: Answer =
      refusal === undefined
        ? { status: 200, html: windowPage({ ...madeUpPhone(), preset: preset.get() }) }
        : { status: 400, html: refusalPage(refusal) };
    sendAnswer(reply, { ...answer, headers: { "content-security-policy": windowCsp } });
  });

  app.post("/meta/signup/end", { config }, (request, reply) => {
    const choice = signupChoiceSchema.safeParse(request.body, { error: bodyError });
    if (!choice.success) return sendAnswer(reply, invalidAnswer(choice.error.issues));
    const { phone, ...end } = endSignup(choice.data, now);
    if (phone !== undefined) addPhone(phone);
    return sendAnswer(reply, { status: 200, body: end });
  });
};

/** Why the window is not shown, as Meta says it. */
const refusalOf = (
  { app_id: id, origin }: z.output<typeof querySchema>,
  appId: string,
): string | undefined => {
  const url = new URL(origin);
  if (id !== appId) return "Invalid App ID: the provided app ID does not look like a valid app ID.";
  if (url.protocol === "https:" || isLoopback(url.hostname)) return undefined;
  return "JSSDK Unknown Host domain: the domain of the page is not among the app's allowed domains.";
};
