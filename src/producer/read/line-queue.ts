import type { FileLine } from "./lines.ts";

/** Lines that are read block by block and looked at before they are taken. */
export interface LineQueue {
  /** The lines at hand, at least one unless it is the end. */
  peek(): Promise<readonly FileLine[]>;
  /** The line so many after the next one, or undefined beyond the end. */
  lineAt(offset: number): Promise<FileLine | undefined>;
  /** Takes the first lines away. */
  drop(count: number): void;
}

export const createLineQueue = (blocks: AsyncIterable<readonly FileLine[]>): LineQueue => {
  const iterator = blocks[Symbol.asyncIterator]();
  let lines: readonly FileLine[] = [];
  let taken = 0;
  /** Reads on until so many lines are at hand, or to the end. */
  const fill = async (count: number): Promise<void> => {
    while (lines.length - taken < count) {
      const { done, value } = await iterator.next();
      if (done === true) return;
      lines = taken === lines.length ? value : [...lines.slice(taken), ...value];
      taken = 0;
    }
  };
  return {
    peek: async () => {
      await fill(1);
      return lines.slice(taken);
    },
    lineAt: async (offset) => {
      await fill(offset + 1);
      return lines[taken + offset];
    },
    drop: (count) => {
      taken += count;
    },
  };
};
