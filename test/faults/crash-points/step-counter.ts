/** The moments of one step at which a process may die. `sent`: a request is out and its answer is not in. */
export type StepMoment = "before" | "sent" | "after";

/** Says that a step has come as far as a moment. */
export type TellMoment = (moment: StepMoment) => void;

/**
 * Names the points of a process's life: step, how many of its kind there were, moment. A name stays the same
 * from one life to the next even when unlike steps change places.
 */
export interface StepCounter {
  /** Steps from here to `arm` are taken by an idle process too: they belong to no install and are no points later. */
  watchIdle(): void;
  /** Steps count from here. */
  arm(): void;
  /** `number` is for steps whose repeats are idle: those of one number are one step. */
  begin(step: string, number?: number): TellMoment;
}

/** @param onPoint called once for every point, the first time it is passed. */
export const createStepCounter = (onPoint: (point: string) => void): StepCounter => {
  const counts = new Map<string, number>();
  const passed = new Set<string>();
  const idle = new Set<string>();
  let phase: "starting" | "idle" | "armed" = "starting";
  const pass = (point: string): void => {
    if (passed.has(point)) return;
    passed.add(point);
    onPoint(point);
  };
  return {
    watchIdle: () => {
      phase = "idle";
    },
    arm: () => {
      phase = "armed";
    },
    begin: (step, number) => {
      // A numbered step is told apart from its idle repeats already.
      if (phase === "idle" && number === undefined) idle.add(step);
      if (phase !== "armed" || idle.has(step)) return () => undefined;
      const count = number ?? (counts.get(step) ?? 0) + 1;
      counts.set(step, count);
      return (moment) => pass(`${step} #${count} ${moment}`);
    },
  };
};
