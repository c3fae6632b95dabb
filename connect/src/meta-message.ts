/** What Meta's window said about its end. */
export type SignupMessage =
  | {
      readonly kind: "finished";
      readonly event: string;
      readonly wabaId: string;
      readonly phoneId: string | undefined;
    }
  | { readonly kind: "cancelled"; readonly step: string | undefined }
  | { readonly kind: "error"; readonly errorId: string | undefined };

/**
 * Reads a message of Meta's window; undefined for every other, and for events that are not known. An error that the customer
 * reports is a CANCEL with an error's members; older versions have an event ERROR.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/embedded-signup/implementation/
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/embedded-signup/errors.md
 */
export const readSignupMessage = (text: unknown): SignupMessage | undefined => {
  const message = objectOf(typeof text === "string" ? parsed(text) : text);
  if (message.type !== "WA_EMBEDDED_SIGNUP" || typeof message.event !== "string") return undefined;
  const data = objectOf(message.data);
  const event = word(message.event) ?? "";
  if (event.startsWith("FINISH")) {
    const wabaId = digits(data.waba_id);
    const phoneId = digits(data.phone_number_id);
    return wabaId === undefined ? undefined : { kind: "finished", event, wabaId, phoneId };
  }
  if (!event.startsWith("CANCEL") && !event.startsWith("ERROR")) return undefined;
  const errorId = word(data.error_id) ?? word(data.error_code);
  if (errorId !== undefined || data.error_message !== undefined || event.startsWith("ERROR"))
    return { kind: "error", errorId };
  return { kind: "cancelled", step: word(data.current_step) };
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // The SDK's own messages are no JSON.
    return undefined;
  }
};

const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? { ...value } : {};

const textOf = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" ? String(value) : "";

const digits = (value: unknown): string | undefined => /^\d{1,32}$/.exec(textOf(value))?.[0];

/** Names of screens, events and errors, as the service takes them. */
const word = (value: unknown): string | undefined => /^[\w .:-]{1,100}$/.exec(textOf(value))?.[0];
