/** Lines that are read block by block and taken one by one, and can be put back. */
export interface LineQueue {
  /** The next line, or undefined at the end. */
  next(): Promise<string | undefined>;
  putBack(lines: readonly string[]): void;
  /** The lines at hand, at least one unless it is the end; they stay in the queue. */
  peek(): Promise<readonly string[]>;
  /** Drops the first lines at hand. */
  drop(count: number): void;
}

export const createLineQueue = (blocks: AsyncIterable<readonly string[]>): LineQueue => {
  const iterator = blocks[Symbol.asyncIterator]();
  let lines: readonly string[] = [];
  let taken = 0;
  const fill = async (): Promise<void> => {
    while (taken === lines.length) {
      const { done, value } = await iterator.next();
      if (done === true) return;
      lines = value;
      taken = 0;
    }
  };
  return {
    next: async () => {
      await fill();
      const line = lines[taken];
      if (line !== undefined) taken += 1;
      return line;
    },
    putBack: (returned) => {
      lines = [...returned, ...lines.slice(taken)];
      taken = 0;
    },
    peek: async () => {
      await fill();
      return lines.slice(taken);
    },
    drop: (count) => {
      taken += count;
    },
  };
};
