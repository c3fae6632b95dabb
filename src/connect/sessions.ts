import type { Installs } from "../queue/installs/installs.ts";
import { parseTraceparent } from "../queue/installs/trace.ts";
import type { LinkAccess, LinkSessions, SessionLink } from "../queue/links/sessions.ts";
import type { FinishSignup, Signup } from "./finish.ts";
import type { ConnectTraces } from "./observer.ts";
import type { OpenedAnswer, SessionAnswer } from "./protocol.ts";
import { RefusedError, refusalOf } from "./refuse.ts";
import { viewSession } from "./view-session.ts";

/** Meta's app and what a page needs of it. */
export interface PageSettings {
  readonly name: string;
  readonly logoUrl: string | undefined;
  readonly meta: OpenedAnswer["meta"];
}

/** What the protocol's requests do. @throws {RefusedError} `not_found` for what is no link. */
export interface ConnectSessions {
  open(access: LinkAccess): Promise<OpenedAnswer>;
  started(access: LinkAccess): Promise<SessionAnswer>;
  cancelled(access: LinkAccess, step: string | undefined): Promise<SessionAnswer>;
  failed(access: LinkAccess, metaErrorId: string | undefined): Promise<SessionAnswer>;
  finish(access: LinkAccess, signup: Signup): Promise<SessionAnswer>;
  /** Waits until the state is another than `seen`, or the time is up. */
  status(access: LinkAccess, seen: string | undefined, signal: AbortSignal): Promise<SessionAnswer>;
}

/** How long one request for the status waits. */
const waitMaxMs = 25_000;
/** Looks while it waits: often at first, when the end is likely, then seldom. */
const lookEveryMs = 100;
const lookSeldomMs = 1000;
const oftenMs = 5000;
/** Requests that may wait at once, in this process; others are answered at once. */
const waitersMax = 1000;

export const createConnectSessions = (deps: {
  readonly sessions: LinkSessions;
  readonly installs: Pick<Installs, "find">;
  readonly finishSignup: FinishSignup;
  readonly page: PageSettings;
  /** Undefined: nothing is traced. */
  readonly traces?: ConnectTraces | undefined;
  readonly now: () => number;
}): ConnectSessions => {
  const { sessions, installs, page, traces, now } = deps;
  let waiters = 0;

  const answer = async (found: SessionLink | undefined): Promise<SessionAnswer> => {
    if (found === undefined) throw new RefusedError("not_found");
    const { link, stored } = found;
    const install = link.installId === undefined ? undefined : await installs.find(link.installId);
    return viewSession(link, install, stored.nowMs);
  };

  const look = async (access: LinkAccess): Promise<SessionAnswer> =>
    answer(await sessions.move(access, "look"));

  const wait = async (access: LinkAccess, seen: string, signal: AbortSignal): Promise<SessionAnswer> => {
    const startMs = now();
    for (;;) {
      const shown = await look(access);
      const waitedMs = now() - startMs;
      if (shown.state !== seen || waitedMs >= waitMaxMs || signal.aborted) return shown;
      await pause(waitedMs < oftenMs ? lookEveryMs : lookSeldomMs, signal);
    }
  };

  /**
   * Runs a request in its link's trace, which an opening begins. What has not the link's secret makes no span, so strangers
   * cannot begin traces.
   */
  const traced = async <T>(name: string, access: LinkAccess, work: () => Promise<T>): Promise<T> => {
    const found = traces && (await sessions.move(access, "look"));
    if (traces === undefined || found === undefined) return work();
    const place = parseTraceparent(found.stored.fields.trace ?? "");
    if (place === undefined && name !== "open") return work();
    return traces.within({ route: `/v1/session/${name}`, linkId: access.id, place, refusalOf }, work);
  };

  const open = async (access: LinkAccess): Promise<OpenedAnswer> => {
    const opened = await sessions.move(access, "open", { trace: traces?.place() });
    return { ...(await answer(opened)), ...page };
  };

  return {
    open: (access) => traced("open", access, () => open(access)),
    started: (access) => traced("started", access, async () => answer(await sessions.move(access, "start"))),
    cancelled: (access, step) =>
      traced("cancelled", access, async () => answer(await sessions.move(access, "cancel", { step }))),
    failed: (access, metaErrorId) =>
      traced("failed", access, async () =>
        answer(await sessions.move(access, "fail", { code: "meta_error", metaErrorId })),
      ),
    finish: (access, signup) =>
      traced("finish", access, async () => answer(await deps.finishSignup(access, signup))),
    status: async (access, seen, signal) => {
      if (seen === undefined || waiters >= waitersMax) return look(access);
      waiters += 1;
      try {
        return await wait(access, seen, signal);
      } finally {
        waiters -= 1;
      }
    },
  };
};

/** Resolves after `ms`, or when the signal is aborted. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end, { once: true });
  });
