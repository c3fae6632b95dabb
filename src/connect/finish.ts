import type { ConnectFailure } from "../install/connect-link.ts";
import { InputError } from "../install/errors/input-error.ts";
import { NumberMismatchError } from "../install/number-mismatch.ts";
import type { InstallRequestInput } from "../install/request.ts";
import type { Logger } from "../log.ts";
import type { ExchangeResult } from "../meta/exchange-result.ts";
import type { Producer } from "../producer/producer.ts";
import type { LinkAccess, LinkSessions, SessionLink } from "../queue/links/sessions.ts";

/** What a customer's signup gave. */
export interface Signup {
  readonly code: string;
  readonly wabaId: string;
  readonly phoneId?: string | undefined;
  readonly event: string;
}

type MetaAnswer<Value> =
  | { readonly kind: "found"; readonly value: Value }
  | { readonly kind: "missing" | "token_refused" | "denied" | "refused" | "limited" | "unavailable" };

export interface FinishDeps {
  readonly sessions: LinkSessions;
  readonly producer: Pick<Producer, "enqueueOnce">;
  readonly exchangeCode: (code: string) => Promise<ExchangeResult>;
  /** Reads a number at Meta with the customer's token; `found` without one: Meta did not show it. */
  readonly readNumber: (asked: {
    readonly phoneId: string;
    readonly token: string;
  }) => Promise<MetaAnswer<{ readonly displayPhoneNumber?: string | undefined }>>;
  /** Reads the numbers of an account with the customer's token. */
  readonly listNumbers: (asked: {
    readonly wabaId: string;
    readonly token: string;
  }) => Promise<
    MetaAnswer<{ readonly phones: readonly { readonly id: string | undefined }[]; readonly isWhole: boolean }>
  >;
  readonly log: Logger;
}

/** The signup gave nothing that can be installed. */
class SignupFailedError extends Error {
  readonly failure: ConnectFailure;
  /** Whose fault, in words of the log; never Meta's texts. */
  readonly reason: string;

  constructor(failure: ConnectFailure, reason: string) {
    super(reason);
    this.name = "SignupFailedError";
    this.failure = failure;
    this.reason = reason;
  }
}

/** The link was revoked, has expired, or was finished by another tab meanwhile. */
class LinkOverError extends Error {
  constructor() {
    super("The link is over.");
    this.name = "LinkOverError";
  }
}

/** Finishes the signup of a link; undefined when there is no such link. */
export type FinishSignup = (access: LinkAccess, signup: Signup) => Promise<SessionLink | undefined>;

/**
 * Exchanges the code at once and only once, reads the number, and enqueues the link's one install. The code is exchanged
 * under the lock of the link's key, and the install's id is written into the link before the install is enqueued, so a
 * double click, a reload or a second tab makes neither a second exchange nor a second install.
 */
export const createFinishSignup = (deps: FinishDeps): FinishSignup => {
  const { sessions, producer, log } = deps;

  const tokenOf = async (code: string): Promise<string> => {
    const exchanged = await deps.exchangeCode(code);
    if (exchanged.kind === "token") return exchanged.accessToken;
    const failure = exchanged.kind === "refused" ? "signup_code_refused" : "meta_unavailable";
    throw new SignupFailedError(failure, exchanged.message);
  };

  const numberOf = async (phoneId: string, token: string): Promise<string> => {
    const read = await deps.readNumber({ phoneId, token });
    const shown = read.kind === "found" ? read.value.displayPhoneNumber : undefined;
    if (shown !== undefined) return shown;
    throw new SignupFailedError(failureOfRead(read.kind), `Meta's answer to the phone number: ${read.kind}.`);
  };

  /**
   * The only number of an account. Meta's message about a number that stays in the WhatsApp Business app may name the account
   * alone.
   *
   * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/embedded-signup/onboarding-business-app-users.md
   */
  const onlyPhoneOf = async (wabaId: string, token: string): Promise<string> => {
    const read = await deps.listNumbers({ wabaId, token });
    if (read.kind !== "found")
      throw new SignupFailedError(
        failureOfRead(read.kind),
        `Meta's answer to the account's phone numbers: ${read.kind}.`,
      );
    const [phone, ...others] = read.value.phones;
    if (phone?.id !== undefined && others.length === 0 && read.value.isWhole) return phone.id;
    throw new SignupFailedError(
      phone === undefined ? "no_phone_number" : "number_unreadable",
      `Meta's message names no phone number, and the account has ${read.value.phones.length}.`,
    );
  };

  const complete = async (
    access: LinkAccess,
    { code, wabaId, phoneId: told, event }: Signup,
    installId: string,
  ): Promise<InstallRequestInput> => {
    const before = await sessions.move(access, "start");
    if (before?.moved !== true) throw new LinkOverError();
    const known = await sessions.readRequest(before.stored);
    const accessToken = await tokenOf(code);
    const phoneId = told ?? (await onlyPhoneOf(wabaId, accessToken));
    const phoneNumber = await numberOf(phoneId, accessToken);
    const finished = await sessions.move(access, "finish", { installId, signupEvent: event });
    if (finished?.moved !== true) throw new LinkOverError();
    return { ...known, wabaId, phoneId, phoneNumber, accessToken, priority: "interactive" };
  };

  const install = async (
    access: LinkAccess,
    { stored, link }: SessionLink,
    signup: Signup,
  ): Promise<void> => {
    const { install: made } = await producer.enqueueOnce(
      {
        workspaceId: stored.fields.request.workspaceId,
        use: { namespace: "connect", key: access.id },
        requestedBy: link.requestedBy,
        connect: { linkId: access.id, event: signup.event },
      },
      (installId) => complete(access, signup, installId),
    );
    await sessions.nameInstall(access.id, made.id);
    log.info(
      { connectLinkId: access.id, installId: made.id, workspaceId: made.workspaceId },
      "connect signup finished",
    );
  };

  const fail = (access: LinkAccess, failure: ConnectFailure, reason: string) => {
    log.warn({ connectLinkId: access.id, code: failure, reason }, "connect signup failed");
    return sessions.move(access, "fail", { code: failure });
  };

  return async (access, signup) => {
    const found = await sessions.move(access, "look");
    if (found === undefined || found.link.installId !== undefined) return found;
    if (signup.phoneId === undefined && signup.event === onlyAccount)
      return fail(access, "no_phone_number", "Meta's window finished without a phone number.");
    try {
      await install(access, found, signup);
    } catch (error) {
      const failure = failureOf(error);
      if (failure === undefined) throw error;
      if (failure !== "over") return fail(access, failure.code, failure.reason);
    }
    return sessions.move(access, "look");
  };
};

/** The event of a signup without a phone number: nothing is asked at Meta, and the code is not spent. */
const onlyAccount = "FINISH_ONLY_WABA";

const failureOfRead = (kind: MetaAnswer<unknown>["kind"]): ConnectFailure =>
  kind === "limited" || kind === "unavailable" ? "meta_unavailable" : "number_unreadable";

const failureOf = (
  error: unknown,
): { readonly code: ConnectFailure; readonly reason: string } | "over" | undefined => {
  if (error instanceof LinkOverError) return "over";
  if (error instanceof SignupFailedError) return { code: error.failure, reason: error.reason };
  if (error instanceof NumberMismatchError) return { code: "number_mismatch", reason: error.message };
  // The members that are wrong, not their values.
  if (error instanceof InputError)
    return {
      code: "refused",
      reason: error.issues.map(({ path, message }) => `${path} ${message}`).join("; "),
    };
  return undefined;
};
