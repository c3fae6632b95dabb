import type { MetaSettings } from "./answers.ts";
import { readSignupMessage, type SignupMessage } from "./meta-message.ts";
import { wait } from "./service.ts";

interface LoginResponse {
  readonly authResponse?: { readonly code?: string | null } | null;
}

/** Meta's JavaScript SDK, as far as it is used. */
interface MetaSdk {
  init(options: object): void;
  login(callback: (response: LoginResponse) => void, options: object): void;
}

declare global {
  interface Window {
    FB?: MetaSdk;
    fbAsyncInit?: () => void;
  }
}

const sdkWaitMs = 15_000;

/** Loads Meta's SDK. @returns false when it cannot be loaded. */
export const loadSdk = ({ appId, graphVersion, sdkUrl }: MetaSettings): Promise<boolean> =>
  new Promise((resolve) => {
    const end = (isLoaded: boolean): void => {
      clearTimeout(timer);
      resolve(isLoaded);
    };
    const init = (): void => {
      window.FB?.init({ appId, version: graphVersion, cookie: false, xfbml: false, autoLogAppEvents: false });
      end(window.FB !== undefined);
    };
    const timer = setTimeout(() => end(false), sdkWaitMs);
    if (window.FB !== undefined) return init();
    window.fbAsyncInit = init;
    const script = document.createElement("script");
    script.async = true;
    script.src = sdkUrl;
    script.addEventListener("error", () => {
      script.remove();
      end(false);
    });
    document.head.append(script);
  });

/** How a customer left Meta's window; `finished` has both the message and the code. */
export type SignupEnd =
  | {
      readonly kind: "finished";
      readonly message: SignupMessage & { kind: "finished" };
      readonly code: string;
    }
  | Exclude<SignupMessage, { kind: "finished" }>
  /** The code came and no message. */
  | { readonly kind: "no_message" };

export interface MetaWindow {
  readonly ended: Promise<SignupEnd>;
  /** Whether the browser let the window open; undefined: the SDK opened it in a way that does not show. */
  readonly isOpen: boolean | undefined;
  focus(): void;
}

/** After the code, the message may be on its way for this long, and after a closed window either. */
const messageWaitMs = 15_000;
const closedWaitMs = 1500;
const lookEveryMs = 500;

/**
 * Opens Meta's window; must be called in the customer's click, or browsers block it. Code and message come in either order, and
 * only messages from Meta's origins count, from the window that was opened where the SDK shows which it is. Messages of
 * another page that knows of this one, such as its opener, fail both.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/embedded-signup/implementation/
 */
export const openMetaWindow = (
  sdk: MetaSdk,
  { configId, allowedOrigins }: MetaSettings,
  signal: AbortSignal,
): MetaWindow => {
  const over = new AbortController();
  const stop = AbortSignal.any([over.signal, signal]);
  let finish: (end: SignupEnd) => void = () => undefined;
  const ended = new Promise<SignupEnd>((resolve) => {
    finish = (end) => {
      over.abort();
      resolve(end);
    };
  });
  let popup: Window | null | undefined;
  let message: SignupMessage | undefined;
  let code: string | undefined;

  const isFromWindow = ({ source }: MessageEvent): boolean =>
    // A window that has closed meanwhile is not named.
    source === null || !popup || source === popup || ("top" in source && source.top === popup);

  const judge = (): void => {
    if (message === undefined) return;
    if (message.kind !== "finished") finish(message);
    else if (code !== undefined) finish({ kind: "finished", message, code });
  };
  window.addEventListener(
    "message",
    (event) => {
      if (!allowedOrigins.includes(event.origin) || !isFromWindow(event)) return;
      message = readSignupMessage(event.data) ?? message;
      judge();
    },
    { signal: stop },
  );
  const closed = async (): Promise<void> => {
    await wait(closedWaitMs, stop);
    if (code === undefined) finish({ kind: "cancelled", step: undefined });
  };
  // The SDK takes no async callback.
  const answered = ({ authResponse }: LoginResponse): void => {
    if (stop.aborted) return;
    code = authResponse?.code ?? undefined;
    judge();
    if (code === undefined) void closed();
    else void wait(messageWaitMs, stop).then(() => finish({ kind: "no_message" }));
  };
  const options = {
    config_id: configId,
    response_type: "code",
    override_default_response_type: true,
    // The version comes with the login configuration.
    extras: {},
  };
  popup = catchOpened(() => sdk.login(answered, options));
  const watch = setInterval(() => {
    if (!popup?.closed) return;
    clearInterval(watch);
    if (code === undefined) void closed();
  }, lookEveryMs);
  stop.addEventListener("abort", () => clearInterval(watch));
  return {
    ended,
    isOpen: popup === undefined ? undefined : popup !== null,
    focus: () => popup?.focus(),
  };
};

/** What a call opens by `window.open`: null when the browser blocks it, undefined when it opens nothing that way. */
const catchOpened = (call: () => void): Window | null | undefined => {
  const { open } = window;
  let opened: Window | null | undefined;
  window.open = (...args) => {
    opened = open.apply(window, args);
    return opened;
  };
  try {
    call();
  } finally {
    window.open = open;
  }
  return opened;
};
