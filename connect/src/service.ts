import type { OpenedAnswer, SessionAnswer } from "./answers.ts";

/** Where a link leads, taken apart. */
export interface LinkParts {
  /** Of the service, without a slash at the end. */
  readonly base: string;
  readonly id: string;
  readonly secret: string;
}

/** Undefined: the link is not complete. */
export const readLink = (link: string): LinkParts | undefined => {
  const [, base, id, secret] = /^(https?:\/\/[^#?]+)\/c\/(\w+)\/?(?:\?[^#]*)?#([^#]+)$/.exec(link) ?? [];
  return base === undefined || id === undefined || secret === undefined ? undefined : { base, id, secret };
};

export interface Finish {
  readonly code: string;
  readonly wabaId: string;
  readonly phoneId?: string | undefined;
  readonly event: string;
}

export type Sent<Answer> =
  | { readonly kind: "answer"; readonly answer: Answer }
  /** The service refuses the link itself. */
  | { readonly kind: "unknown_link" }
  | { readonly kind: "unreachable" };

export interface Service {
  open(): Promise<Sent<OpenedAnswer>>;
  started(): Promise<Sent<SessionAnswer>>;
  cancelled(step: string | undefined): Promise<Sent<SessionAnswer>>;
  failed(metaErrorId: string | undefined): Promise<Sent<SessionAnswer>>;
  finish(signup: Finish): Promise<Sent<SessionAnswer>>;
  /** @param seen Waits until the state is another, 25 s at most. */
  status(seen?: string): Promise<Sent<SessionAnswer>>;
}

/** A request is repeated this often, with growing pauses, while the service is unreachable, busy or limits it. */
const triesMax = 6;
const pauseMs = (attempt: number): number => Math.min(4000, 500 * 2 ** attempt);

/** The protocol of one link. Secrets are sent in bodies only. */
export const createService = ({ base, id, secret }: LinkParts, signal: AbortSignal): Service => {
  const request = (name: string, body: object): Promise<Response | undefined> =>
    fetch(`${base}/v1/session/${name}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ link: id, secret, ...body }),
      credentials: "omit",
      referrerPolicy: "no-referrer",
      cache: "no-store",
      // What was begun reaches the service though the customer closes the page.
      keepalive: name !== "status",
      signal,
    }).catch(() => undefined);

  /** Undefined: worth another try. */
  const attempt = async <Answer>(name: string, body: object): Promise<Sent<Answer> | undefined> => {
    const response = await request(name, body);
    const answer: Answer | undefined = response?.ok
      ? await response.json().catch(() => undefined)
      : undefined;
    if (answer !== undefined) return { kind: "answer", answer };
    if (response?.status === 404) return { kind: "unknown_link" };
    return isWorthRepeating(response) ? undefined : { kind: "unreachable" };
  };

  const post = async <Answer>(name: string, body: object = {}): Promise<Sent<Answer>> => {
    for (let tries = 0; tries < triesMax && !signal.aborted; tries += 1) {
      if (tries > 0) await wait(pauseMs(tries - 1), signal);
      const sent = await attempt<Answer>(name, body);
      if (sent !== undefined) return sent;
    }
    return { kind: "unreachable" };
  };
  return {
    open: () => post("open"),
    started: () => post("started"),
    cancelled: (step) => post("cancelled", { step }),
    failed: (metaErrorId) => post("failed", { metaErrorId }),
    finish: (signup) => post("finish", signup),
    status: (seen) => post("status", { seen }),
  };
};

/** Lost, cut short, limited, being finished already, or a failure of the service. */
const isWorthRepeating = (response: Response | undefined): boolean =>
  response === undefined || response.ok || [409, 429].includes(response.status) || response.status >= 500;

/** Resolves after `ms`, or when the signal is aborted. */
export const wait = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
