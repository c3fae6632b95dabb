import type { ConnectProgress, OpenedAnswer, SessionAnswer } from "./answers.ts";
import { loadSdk, type MetaWindow, openMetaWindow, type SignupEnd } from "./meta-window.ts";
import { createService, readLink, type Sent, type Service, wait } from "./service.ts";

/** How far the customer is. */
export interface ConnectStatus {
  readonly status: /** Link and SDK are read. */
    | "loading"
    /** `start` opens Meta's window; `code` says what went wrong with the last one, if anything did. */
    | "ready"
    /** Meta's window is open; `start` brings it to the front. */
    | "signing_up"
    /** The signup is done and goes on by itself; see `progress`. */
    | "finishing"
    | "connected"
    | "cancelled"
    /** See `code`. */
    | "failed"
    | "expired"
    | "revoked"
    /** There is no such link, or it is not complete. */
    | "unknown_link"
    /** The service does not answer; it is asked again. */
    | "unreachable";
  /** Whether a button that calls `start` makes sense. */
  readonly canStart: boolean;
  /** Of `finishing`. */
  readonly progress?: ConnectProgress | undefined;
  /**
   * Of `ready`: `popup_blocked`, `sdk_unavailable` or `elsewhere` (begun in another tab). Of `failed`: `no_phone_number`,
   * `meta_error`, `no_session_info`, `signup_code_refused`, `meta_unavailable`, `number_unreadable`, `number_mismatch`,
   * `refused`, `install_failed`, or one that is new.
   */
  readonly code?: string | undefined;
  /** Who asks; once the link is read. */
  readonly name?: string | undefined;
  readonly logoUrl?: string | undefined;
  /** ISO 8601. */
  readonly expiresAt?: string | undefined;
  /** Where to send the customer at the end. */
  readonly redirectUrl?: string | undefined;
}

export interface ConnectOptions {
  /** The whole link, with its secret. */
  readonly link: string;
  /** Called with every change, first at once. */
  readonly onStatus: (status: ConnectStatus) => void;
}

export interface ConnectSession {
  /** Opens Meta's window. Call it in the customer's click: browsers block windows that open otherwise. */
  start(): void;
  /** Stops listening and asking. What is finished goes on. */
  close(): void;
}

const lookEveryMs = 5000;
const unreachableMs = 5000;
const followPauseMs = 1000;

/** What is shown of an answer, when no window of this page is open. */
const shownOf = (answer: SessionAnswer): Pick<ConnectStatus, "status" | "canStart" | "progress" | "code"> => {
  const { status, progress, error, canReopen } = answer;
  switch (status) {
    case "open":
    case "opened":
      return { status: "ready", canStart: true };
    case "signing_up":
      if (progress !== undefined) return { status: "finishing", canStart: false, progress };
      return { status: "ready", canStart: true, code: "elsewhere" };
    case "cancelled_by_customer":
      return { status: "cancelled", canStart: canReopen };
    case "failed":
      return { status, canStart: canReopen, code: error?.code };
    default:
      return { status, canStart: false };
  }
};

/** Takes one customer through one link: reads it, opens Meta's window, hands over what it said, and follows the install. */
export const createSession = ({ link, onStatus }: ConnectOptions): ConnectSession => {
  const stopped = new AbortController();
  const { signal } = stopped;
  const parts = readLink(link);
  let opened: OpenedAnswer | undefined;
  let last: SessionAnswer | undefined;
  let isSdkLoaded = false;
  let meta: MetaWindow | undefined;
  /** Meta's end is handed over, or was: looks in between change nothing. */
  let isEnding = false;
  let shown: Pick<ConnectStatus, "status" | "canStart" | "progress" | "code"> = {
    status: "loading",
    canStart: false,
  };

  const show = (next: typeof shown): void => {
    if (signal.aborted) return;
    shown = next;
    const { name, logoUrl } = opened ?? {};
    const { expiresAt, redirectUrl } = last ?? {};
    onStatus({ ...next, name, logoUrl, expiresAt, redirectUrl });
  };

  /** Takes an answer over. `code` in place of the service's, which does not know it. */
  const take = (sent: Sent<SessionAnswer>, code?: string): boolean => {
    if (sent.kind !== "answer") {
      show({ status: sent.kind, canStart: false });
      return false;
    }
    last = sent.answer;
    const next = shownOf(last);
    show(code !== undefined && next.status === "failed" ? { ...next, code } : next);
    return true;
  };

  /** Follows an install that goes on until it has ended. */
  const follow = async (service: Service): Promise<void> => {
    while (!signal.aborted && last?.status === "signing_up") {
      const seen = last.state;
      const sent = await service.status(seen);
      if (sent.kind === "answer" && sent.answer.status === "signing_up") {
        last = sent.answer;
        show({ status: "finishing", canStart: false, progress: last.progress });
        // A service with too many that wait answers at once.
        if (last.state === seen) await wait(followPauseMs, signal);
      } else if (sent.kind !== "unreachable") take(sent);
      else await wait(unreachableMs, signal);
    }
  };

  const handOver = (service: Service, end: SignupEnd): Promise<Sent<SessionAnswer>> => {
    if (end.kind === "cancelled") return service.cancelled(end.step);
    if (end.kind === "error") return service.failed(end.errorId);
    if (end.kind === "no_message") return service.failed(undefined);
    const { event, wabaId, phoneId } = end.message;
    return service.finish({ code: end.code, event, wabaId, phoneId });
  };

  const endSignup = async (service: Service, end: SignupEnd): Promise<void> => {
    isEnding = true;
    meta = undefined;
    if (end.kind === "finished") show({ status: "finishing", canStart: false });
    const sent = await handOver(service, end);
    if (sent.kind === "answer" && end.kind === "finished" && sent.answer.status === "signing_up") {
      last = sent.answer;
      show({ status: "finishing", canStart: false, progress: last.progress });
      await follow(service);
    } else take(sent, end.kind === "no_message" ? "no_session_info" : undefined);
    isEnding = false;
  };

  /** Another tab, the clock or the platform may change the link meanwhile. */
  const lookAgain = async (service: Service): Promise<void> => {
    const before = last;
    const sent = await service.status();
    if (isEnding || sent.kind !== "answer" || before !== last) return;
    if (sent.answer.state === last?.state && shown.status !== "unreachable") return;
    last = sent.answer;
    const next = shownOf(last);
    // The link is signing up with this page's own window, or was broken off in another tab: only an end matters.
    if (meta !== undefined && (next.status === "ready" || next.status === "cancelled")) return;
    meta = undefined;
    show(next);
    if (next.status === "finishing") await follow(service);
  };

  const isWaiting = (): boolean =>
    !isEnding &&
    document.visibilityState === "visible" &&
    ["ready", "signing_up", "cancelled", "failed", "unreachable"].includes(shown.status);

  const prepareSdk = async (settings: OpenedAnswer["meta"]): Promise<void> => {
    isSdkLoaded = await loadSdk(settings);
    if (last !== undefined && shown.status === "loading")
      show(isSdkLoaded ? shownOf(last) : { status: "ready", canStart: true, code: "sdk_unavailable" });
  };

  const begin = async (service: Service): Promise<void> => {
    let sent = await service.open();
    while (sent.kind === "unreachable" && !signal.aborted) {
      show({ status: "unreachable", canStart: false });
      await wait(unreachableMs, signal);
      sent = await service.open();
    }
    if (sent.kind !== "answer") return void take(sent);
    opened = sent.answer;
    last = sent.answer;
    const next = shownOf(last);
    if (next.canStart) {
      show({ status: "loading", canStart: false });
      await prepareSdk(opened.meta);
    } else show(next);
    if (next.status === "finishing") await follow(service);
    while (!signal.aborted) {
      await wait(lookEveryMs, signal);
      if (isWaiting()) await lookAgain(service);
    }
  };

  const openWindow = (
    service: Service,
    settings: OpenedAnswer["meta"],
    sdk: NonNullable<Window["FB"]>,
  ): void => {
    const window = openMetaWindow(sdk, settings, signal);
    if (window.isOpen === false) {
      show({ status: "ready", canStart: true, code: "popup_blocked" });
      return;
    }
    meta = window;
    show({ status: "signing_up", canStart: true });
    const started = service.started();
    void window.ended.then(async (end) => {
      // A window that was opened again, or whose link ended elsewhere, is not this page's any more.
      if (meta !== window) return;
      // A code is spent within seconds; what else ends must not be overtaken.
      if (end.kind !== "finished") await started;
      await endSignup(service, end);
    });
  };

  const service = parts && createService(parts, signal);
  show(shown);
  if (service === undefined) show({ status: "unknown_link", canStart: false });
  else void begin(service);
  return {
    start: () => {
      if (service === undefined || opened === undefined || !shown.canStart || isEnding) return;
      if (meta?.isOpen) return meta.focus();
      if (isSdkLoaded && window.FB !== undefined) return openWindow(service, opened.meta, window.FB);
      show({ status: "loading", canStart: false });
      void prepareSdk(opened.meta);
    },
    close: () => stopped.abort(),
  };
};
