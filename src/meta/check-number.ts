import { hash } from "node:crypto";
import type { Graph, PhoneList } from "./graph.ts";
import type { MetaPhone, MetaToken } from "./graph-objects.ts";
import type { GraphRead } from "./graph-read.ts";
import { type AskedNumber, type Fact, type Finding, judge, type MetaFacts } from "./judge.ts";

/** Whose requests these are: each kind has its own share of the budget. */
export type MetaUse = "interactive" | "bulk";

/** The budget of requests to Meta, which all processes share. */
export interface MetaBudget {
  /** A place for one request about an account; takes none unless its turn is within `patienceMs`. */
  readonly take: (asked: {
    readonly account: string;
    readonly use: MetaUse;
    readonly patienceMs: number;
  }) => Promise<MetaPlace>;
  /** Leaves Meta alone for a while: for all requests, or those about one account. */
  readonly pause: (whose: { readonly account: string | undefined }, ms: number) => Promise<void>;
}

export type MetaPlace =
  | { readonly kind: "go"; readonly waitMs: number }
  /** Its turn comes after this time. */
  | { readonly kind: "later"; readonly waitMs: number }
  /** Meta is left alone for this time. */
  | { readonly kind: "paused"; readonly waitMs: number };

/** What is known about a number at Meta. */
export interface Judgement {
  readonly findings: readonly Finding[];
  /** Why Meta was not asked, or not to the end: to be read after "not checked at Meta: ". */
  readonly unasked?: string | undefined;
  /** It was not asked for want of a place in the budget: one is free after this time, ms. */
  readonly freeInMs?: number | undefined;
  /** It was not asked because Meta is left alone for this time, ms. */
  readonly pausedMs?: number | undefined;
}

/** Checks a number at Meta, with the customer's own token. Never throws for what Meta or the network does. */
export type CheckNumber = (
  asked: AskedNumber & { readonly token: string },
  how: { readonly use: MetaUse; readonly patienceMs: number },
) => Promise<Judgement>;

/** How long an answer is believed in this process, ms. */
const believedMs = 60_000;
/** Bound on answers that are kept. */
const keptMax = 10_000;
/** How long Meta is left alone after it gave no answer, ms. */
const awayMs = 10_000;

/** Meta was not asked, or gave no answer that says something. */
class UnaskedError extends Error {
  readonly why: Omit<Judgement, "findings">;

  constructor(why: Omit<Judgement, "findings">) {
    super(why.unasked);
    this.name = "UnaskedError";
    this.why = why;
  }
}

/**
 * Creates the check. It inspects the token and lists the account's phone numbers, each once a minute for all numbers of
 * one customer, and reads the phone number itself only where the list does not have it: two requests for a customer.
 *
 * @param deps.pause Waits, ms.
 */
export const createCheckNumber = (deps: {
  readonly graph: Graph;
  readonly appId: string;
  readonly budget: MetaBudget;
  readonly pause: (ms: number) => Promise<unknown>;
  readonly now: () => number;
}): CheckNumber => {
  const { graph, budget, now } = deps;
  const { inspectToken } = graph;
  const tokens = createShared<Fact<MetaToken>>();
  const accounts = createShared<Fact<PhoneList>>();
  const phones = createShared<Fact<MetaPhone>>();

  /** Takes a read's answer, and observes what Meta asks for. @throws {UnaskedError} it says nothing. */
  const answerOf = async <T>(account: string, read: Promise<GraphRead<T>>): Promise<Fact<T>> => {
    const answer = await read;
    const isSaid = answer.kind !== "limited" && answer.kind !== "unavailable";
    const pauseMs = answer.kind === "unavailable" ? Math.max(awayMs, answer.pauseMs) : answer.pauseMs;
    if (pauseMs > 0)
      await budget.pause({ account: answer.pauses === "account" ? account : undefined }, pauseMs);
    if (isSaid) return answer;
    const unasked =
      answer.kind === "limited"
        ? "Meta limits the requests of the app at the moment"
        : `Meta gave no usable answer (${answer.reason})`;
    throw new UnaskedError({ unasked, pausedMs: pauseMs });
  };

  return async ({ token, ...asked }, { use, patienceMs }) => {
    const { wabaId, phoneId } = asked;
    const onRequest = async (): Promise<void> => {
      const place = await budget.take({ account: wabaId, use, patienceMs });
      if (place.kind !== "go") throw new UnaskedError(noPlace(place));
      if (place.waitMs > 0) await deps.pause(place.waitMs);
    };
    const how = { onRequest };
    const known = hash("sha256", token);
    let facts: MetaFacts = { token: unknown, account: unknown, phone: unknown };
    const judged = () => judge(facts, { asked, appId: deps.appId, nowMs: now() });
    try {
      if (inspectToken !== undefined) {
        const inspect = () => answerOf(wabaId, inspectToken(token, how));
        facts = { ...facts, token: await tokens(known, inspect) };
      }
      if (isRefused(judged())) return { findings: judged() };
      const list = () => answerOf(wabaId, graph.phoneNumbersOf({ wabaId, token }, how));
      facts = { ...facts, account: await accounts(`${known}/${wabaId}`, list) };
      if (isToBeRead(facts, asked)) {
        const read = () => answerOf(wabaId, graph.phoneNumber({ phoneId, token }, how));
        facts = { ...facts, phone: await phones(`${known}/${phoneId}`, read) };
      }
      return { findings: judged() };
    } catch (error) {
      if (!(error instanceof UnaskedError)) throw error;
      return { findings: judged(), ...error.why };
    }
  };
};

const unknown = { kind: "unknown" } as const;

const noPlace = ({ kind, waitMs }: MetaPlace): Omit<Judgement, "findings"> =>
  kind === "later"
    ? {
        unasked: "its turn among the requests to Meta did not come soon enough (META_READS_PER_SECOND)",
        freeInMs: waitMs,
      }
    : {
        unasked: "Meta is left alone for a while, because it gave no answer or limits the requests",
        pausedMs: waitMs,
      };

/** A token that Meta does not accept reads nothing else. */
const isRefused = (findings: readonly Finding[]): boolean =>
  findings.some(({ code }) => code === "meta_token_invalid" || code === "meta_token_expired");

/** Whether the account was read and does not list the number, so that the number itself has to be read. */
const isToBeRead = ({ account }: MetaFacts, { phoneId }: AskedNumber): boolean =>
  account.kind === "found" && !account.value.phones.some(({ id }) => id === phoneId);

/**
 * Shares reads: concurrent callers of one key have one read, and its answer is kept for a minute. A read that fails is not
 * kept: `MetaBudget.pause` keeps others from asking at once.
 */
const createShared = <T>() => {
  const reads = new Map<string, { readonly untilMs: number; readonly answer: Promise<T> }>();
  return (key: string, read: () => Promise<T>): Promise<T> => {
    const entry = reads.get(key);
    if (entry !== undefined && performance.now() < entry.untilMs) return entry.answer;
    if (reads.size >= keptMax) reads.clear();
    const answer = read();
    reads.set(key, { untilMs: performance.now() + believedMs, answer });
    answer.catch(() => {
      if (reads.get(key)?.answer === answer) reads.delete(key);
    });
    return answer;
  };
};
