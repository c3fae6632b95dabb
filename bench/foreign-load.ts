import { readFile } from "node:fs/promises";

/** Above this many processors' worth of other work, a round's figures are marked. */
const quietMax = 0.3;
const ticksPerSecond = 100;

/** Processor time of the whole machine so far, µs; undefined where there is no `/proc/stat`. */
const machineMicros = async (): Promise<number | undefined> => {
  const stat = await readFile("/proc/stat", "utf8").catch(() => "");
  const [user, nice, system, , , irq, softIrq] = /^cpu +(.*)$/m.exec(stat)?.[1]?.split(" ").map(Number) ?? [];
  if (user === undefined) return undefined;
  return (
    ([user, nice, system, irq, softIrq].reduce((sum = 0, ticks = 0) => sum + ticks, 0) ?? 0) *
    (1e6 / ticksPerSecond)
  );
};

/** Measures what other programs take of the machine between its start and `end`. */
export const watchForeignLoad = async (): Promise<{
  /**
   * @param oursMicros Processor time that the benchmark itself took meanwhile.
   * @returns how many processors others kept busy, and whether that is few enough for the figures to count.
   */
  readonly end: (
    oursMicros: number,
  ) => Promise<{ readonly processors: number; readonly isQuiet: boolean } | undefined>;
}> => {
  const before = await machineMicros();
  const startMs = performance.now();
  return {
    end: async (oursMicros) => {
      const after = await machineMicros();
      if (before === undefined || after === undefined) return undefined;
      const elapsedMicros = (performance.now() - startMs) * 1000;
      const processors = Math.max(0, after - before - oursMicros) / elapsedMicros;
      return { processors, isQuiet: processors <= quietMax };
    },
  };
};
