import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { type Operation, running } from "./operation.ts";

/** What a process of the model runs; every await of it is an operation. */
export type Program = () => Promise<void>;

/** Where a process stands: what it waits for, after the answers it got. */
export interface ProcessNode {
  readonly id: number;
  readonly name: string;
  readonly pending: readonly { readonly index: number; readonly operation: Operation }[];
  readonly hasEnded: boolean;
  /** An error nobody expects. */
  readonly problem: string | undefined;
  readonly history: readonly Answer[];
}

interface Answer {
  readonly index: number;
  readonly value: unknown;
  readonly nowMs: number;
}

/** The time of the model, which is Redis's; a machine's may be ahead of it or behind. */
export interface Clock {
  nowMs: number;
}

/**
 * Runs programs up to where they wait. A suspended async function cannot be copied, but it is determined by
 * the answers it got: to go on from one place in two ways, the program is run again from its start with the
 * same answers. Every place is reached once and then known.
 */
export const createProcessTree = (
  programs: Readonly<Record<string, Program>>,
  clock: Clock,
  aheadMsOf: (name: string) => number,
) => {
  const nodes = new Map<string, ProcessNode>();
  const places = new Map<string, ProcessNode>();

  const run = async (name: string, history: readonly Answer[]): Promise<ProcessNode> => {
    const program = programs[name];
    assert.ok(program !== undefined, name);
    const waiting: { readonly operation: Operation; readonly resolve: (value: unknown) => void }[] = [];
    let hasEnded = false;
    let problem: string | undefined;
    const [first, ...rest] = history;
    clock.nowMs = first?.nowMs ?? clock.nowMs;
    let heard = 1;
    let since = { key: "", heard: 0 };
    const end = running.run(
      {
        aheadMs: aheadMsOf(name),
        issue: (operation) => {
          const { promise, resolve } = Promise.withResolvers<unknown>();
          waiting.push({ operation, resolve });
          return promise;
        },
        forgetBut: (key) => {
          since = { key, heard };
        },
      },
      () => program(),
    );
    end
      .catch((error: unknown) => {
        problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
      })
      .finally(() => {
        hasEnded = true;
      });
    await setImmediate();
    const answered = new Set<number>();
    for (const { index, value, nowMs } of first === undefined ? [] : rest) {
      clock.nowMs = nowMs;
      answered.add(index);
      heard += 1;
      waiting[index]?.resolve(structuredClone(value));
      await setImmediate();
    }
    const pending = waiting
      .map(({ operation }, index) => ({ index, operation }))
      .filter(({ index }) => !answered.has(index));
    assert.ok(hasEnded || pending.length > 0, `${name} waits for something the explorer does not see`);
    const later = history.slice(since.heard).map(({ value, nowMs }) => [value, nowMs]);
    const place = `${name} ${JSON.stringify([since.key, later, pending.length, problem])}`;
    const known = places.get(place);
    if (known !== undefined) return known;
    const node = { id: places.size, name, pending, hasEnded, problem, history };
    places.set(place, node);
    return node;
  };

  const at = (
    key: string,
    name: string,
    history: () => readonly Answer[],
  ): ProcessNode | Promise<ProcessNode> =>
    nodes.get(key) ??
    run(name, history()).then((node) => {
      nodes.set(key, node);
      return node;
    });

  return {
    clock,
    /** A process that begins now. Its first entry of history is only the time. */
    start: (name: string, nowMs: number) =>
      at(`${name} ${nowMs}`, name, () => [{ index: -1, value: undefined, nowMs }]),
    /** The process after the answer to one of the operations it waits for. */
    answer: (node: ProcessNode, index: number, { value, nowMs }: Omit<Answer, "index">) =>
      at(`${node.id} ${index} ${nowMs} ${JSON.stringify(value)}`, node.name, () => [
        ...node.history,
        { index, value, nowMs },
      ]),
  };
};

export type ProcessTree = ReturnType<typeof createProcessTree>;
