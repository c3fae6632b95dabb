import { setTimeout as pause } from "node:timers/promises";
import type { Uninstall } from "../../src/actions/uninstall.ts";
import { type Install, isEnded } from "../../src/install/install.ts";
import type { Producer } from "../../src/producer/producer.ts";
import type { InstallActions } from "../../src/queue/actions/installs.ts";
import type { ChaosOptions } from "./chaos-options.ts";
import { chaosRequest } from "./chaos-request.ts";
import { type Answer, insist } from "./insist.ts";
import { type Act, storyOf } from "./stories.ts";

/** Those who cancel, retry, uninstall and send again while everything is killed. */
export interface People {
  /** Of a number that was accepted. What its story says happens from now on. */
  add(n: number, installId: string): void;
  /** Another install of a number, which somebody heard of. */
  heard(n: number, installId: string): void;
  /** All installs of the numbers that somebody does something to, oldest first. */
  readonly installIds: ReadonlyMap<number, ReadonlySet<string>>;
  /** Installs that somebody asked to cancel. */
  readonly cancelled: ReadonlySet<string>;
  /** Answers that nobody may be given. */
  readonly wrong: readonly string[];
  readonly counts: () => PeopleCounts;
  /** Resolves once all stories are told. */
  done(): Promise<void>;
}

export interface PeopleCounts {
  /** To which something is done. */
  readonly numbers: number;
  readonly acts: Readonly<Record<string, number>>;
  /** Installs beyond the first of a number. */
  readonly more: number;
  readonly refused: number;
  readonly brokenOff: number;
}

/** What a story knows of its number. */
interface Told {
  readonly n: number;
  readonly firstId: string;
  /** Undefined once the story is broken off. */
  current: Install | undefined;
}

export const createPeople = (deps: {
  readonly producer: Producer;
  readonly actions: InstallActions;
  readonly uninstall: Uninstall;
  readonly options: ChaosOptions;
  readonly limitMs: number;
  readonly signal: AbortSignal;
}): People => {
  const { producer, actions, options, signal } = deps;
  const installIds = new Map<number, Set<string>>();
  const cancelled = new Set<string>();
  const wrong: string[] = [];
  const tellings: Promise<void>[] = [];
  const acts: Record<string, number> = {};
  const counts = { more: 0, refused: 0, brokenOff: 0 };

  const ask = async <T>(what: string, n: number, run: () => Promise<T>): Promise<Answer<T>> => {
    const answer = await insist(run, {
      signal,
      onBrokenOff: () => {
        counts.brokenOff += 1;
      },
    });
    if (answer.kind === "done") acts[what] = (acts[what] ?? 0) + 1;
    if (answer.kind === "refused") counts.refused += 1;
    if (answer.kind === "wrong") wrong.push(`number ${n}, ${what}: ${answer.why}`);
    return answer;
  };

  const heard = (n: number, installId: string): void => {
    const ofNumber = installIds.get(n) ?? new Set();
    if (ofNumber.size > 0 && !ofNumber.has(installId)) counts.more += 1;
    installIds.set(n, ofNumber.add(installId));
  };

  const send = async (told: Told): Promise<void> => {
    const { n, current } = told;
    const answer = await ask("send again", n, () => producer.enqueue(chaosRequest(n, options.workspaces)));
    if (answer.kind !== "done") return;
    const { install } = answer.value;
    heard(n, install.id);
    const isOver = current?.status === "cancelled" || current?.uninstalledAt !== undefined;
    if (current !== undefined && isOver === (install.id === current.id))
      wrong.push(`number ${n}: sent again while ${current.id} was ${current.status}, got ${install.id}`);
    told.current = install;
  };

  const end = async (told: Told): Promise<void> => {
    const { n, current } = told;
    if (current === undefined) return;
    const answer = await ask("wait", n, () =>
      producer.waitFor(current.id, { timeoutMs: deps.limitMs, signal }),
    );
    told.current = answer.kind === "done" ? answer.value : undefined;
  };

  const cancel = async (told: Told): Promise<void> => {
    const { n, current } = told;
    if (current === undefined) return;
    // Said before: a call whose answer is lost may have done it.
    cancelled.add(current.id);
    await ask("cancel", n, () => actions.cancel(current.id));
  };

  const retry = async (n: number, installId: string): Promise<Install | undefined> => {
    const { accessToken } = chaosRequest(n, options.workspaces);
    const answer = await ask("retry", n, () => actions.retry(installId, { accessToken }));
    if (answer.kind !== "done") return undefined;
    cancelled.delete(installId);
    return answer.value;
  };

  const uninstall = async (told: Told): Promise<void> => {
    const { n, current } = told;
    if (current?.connectorId === undefined || !isEnded(current.status)) return;
    const answer = await ask("uninstall", n, () => deps.uninstall(current.id));
    if (answer.kind === "done") told.current = answer.value;
  };

  const sendMeanwhile = async (told: Told): Promise<void> => {
    const { n } = told;
    const [, answer] = await Promise.all([
      uninstall(told),
      ask("send again", n, () => producer.enqueue(chaosRequest(n, options.workspaces))),
    ]);
    if (answer.kind === "done") heard(n, answer.value.install.id);
  };

  const carryOut = async (act: Act, told: Told): Promise<void> => {
    switch (act) {
      case "cancel":
        return cancel(told);
      case "end":
        return end(told);
      case "send":
        return send(told);
      case "uninstall":
        return uninstall(told);
      case "uninstall and send":
        return sendMeanwhile(told);
      case "retry":
        if (told.current?.status === "cancelled") told.current = await retry(told.n, told.current.id);
        return;
      case "retry the first":
        await retry(told.n, told.firstId);
        return;
    }
  };

  return {
    add: (n, installId) => {
      const story = storyOf(n, options);
      if (story === undefined) return;
      heard(n, installId);
      const tell = async (): Promise<void> => {
        await pause(story.afterMs);
        const found = await ask("look", n, () => producer.installs.find(installId));
        if (found.kind !== "done") return;
        const told: Told = { n, firstId: installId, current: found.value };
        for (const act of story.acts) await carryOut(act, told);
      };
      tellings.push(tell());
    },
    heard,
    installIds,
    cancelled,
    wrong,
    counts: () => ({ ...counts, numbers: tellings.length, acts: { ...acts } }),
    done: async () => {
      await Promise.all(tellings);
    },
  };
};
