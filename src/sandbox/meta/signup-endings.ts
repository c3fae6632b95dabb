import { randomBytes, randomInt } from "node:crypto";
import { z } from "zod";

/** How a customer can leave Meta's signup window. `closed` is without a message. */
export const signupEndings = [
  "finish",
  "finish_unverified",
  "finish_only_waba",
  "finish_business_app",
  "finish_business_app_without_phone_id",
  "cancel",
  "error",
  "closed",
] as const;

const digits = z.string().regex(/^\d{1,32}$/, "must be digits");

/** How a window ends: what a button of it sends, and what `PUT /sandbox/signup` takes. What is left out is made up. */
export const signupChoiceSchema = z.strictObject({
  ending: z.enum(signupEndings),
  /** Which of the two reaches the page first. Default: the message, as at Meta. */
  first: z.enum(["message", "code"]).default("message"),
  wabaId: digits.optional(),
  phoneId: digits.optional(),
  /** As a reading of the phone number shows it. */
  phoneNumber: z.string().min(1).max(40).optional(),
  /** The screen a customer cancels at. */
  step: z.string().min(1).max(100).default("PHONE_NUMBER_SETUP"),
  /** Meta's id of an error. */
  errorId: z.string().min(1).max(100).default("524126"),
  /** Default: made at random. `expired` and `unavailable` script the exchange. */
  code: z.string().min(1).max(4096).optional(),
});

export type SignupChoice = z.input<typeof signupChoiceSchema>;
type Chosen = z.output<typeof signupChoiceSchema>;

/** A phone number of Meta's and its account, made up: the ids follow from the number, so that all are as good as unique. */
export const madeUpPhone = () => {
  const line = String(randomInt(2_000_000, 9_999_999));
  return {
    wabaId: `10229012${line}`,
    phoneId: `10654035${line}`,
    phoneNumber: `+1 415-${line.slice(0, 3)}-${line.slice(3)}`,
  };
};

/** What a window does when it ends. */
export interface SignupEnd {
  /** Posted to the page as JSON text; absent when the window is closed without a word. */
  readonly message?: unknown;
  /** Absent when the customer did not finish. */
  readonly code?: string;
  readonly first: Chosen["first"];
  /** The number of the signup, which Meta knows from then on. */
  readonly phone?: {
    readonly phoneId: string;
    readonly wabaId: string;
    readonly displayPhoneNumber: string;
    readonly codeVerificationStatus: "VERIFIED" | "NOT_VERIFIED";
  };
}

/**
 * Meta's message and code for a choice. A number that stays in the WhatsApp Business app is told of in two forms, because
 * pages that are in use handle one or the other: with the id of the phone number, and with that of the account alone.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/embedded-signup/implementation/
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/embedded-signup/errors.md
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/embedded-signup/onboarding-business-app-users.md
 */
export const endSignup = (chosen: Chosen, now: () => number): SignupEnd => {
  const { ending, first } = chosen;
  const madeUp = madeUpPhone();
  const { wabaId = madeUp.wabaId } = chosen;
  if (ending === "closed") return { first };
  if (ending === "cancel") return { first, message: messageOf("CANCEL", { current_step: chosen.step }) };
  if (ending === "error")
    return {
      first,
      message: messageOf("CANCEL", {
        error_message: "Your account cannot be used for this at the moment.",
        error_id: chosen.errorId,
        session_id: randomBytes(16).toString("hex"),
        timestamp: String(Math.floor(now() / 1000)),
      }),
    };
  const code = chosen.code ?? `AQ${randomBytes(96).toString("base64url")}`;
  const business = { waba_id: wabaId, business_id: "2729063490586005" };
  if (ending === "finish_only_waba") return { first, code, message: messageOf("FINISH_ONLY_WABA", business) };
  const { phoneId = madeUp.phoneId, phoneNumber = madeUp.phoneNumber } = chosen;
  const phone = {
    ...{ phoneId, wabaId, displayPhoneNumber: phoneNumber },
    codeVerificationStatus: ending === "finish_unverified" ? "NOT_VERIFIED" : "VERIFIED",
  } as const;
  const event = ending.startsWith("finish_business_app")
    ? "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING"
    : "FINISH";
  const data =
    ending === "finish_business_app_without_phone_id"
      ? { waba_id: wabaId }
      : { phone_number_id: phoneId, ...business };
  return { first, code, phone, message: messageOf(event, data) };
};

const messageOf = (event: string, data: object): unknown => ({
  data,
  type: "WA_EMBEDDED_SIGNUP",
  event,
  version: 3,
});
