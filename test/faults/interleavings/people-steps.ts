import { startStep } from "./operation-steps.ts";
import type { Step, StepDeps } from "./steps.ts";
import { type InstallSeen, installId, laterId, type View, type World } from "./world.ts";

/**
 * What a person does, and to which install. `enqueue` asks for the number again; a stranger is who may send events to the
 * address of another workspace.
 */
export const acts = [
  `cancel ${installId}`,
  `retry ${installId}`,
  `uninstall ${installId}`,
  "enqueue",
  `uninstall ${laterId}`,
  `retry ${laterId}`,
  "a stranger tells of c1",
] as const;
export type Act = (typeof acts)[number];

const hasEnded = (install: InstallSeen | undefined): boolean =>
  install?.state === "completed" || install?.state === "failed";

/** When an act can do anything but be refused: the states are those a person sees. */
const isTime = (act: Act, { processes }: World, { installs }: View): boolean => {
  const install = installs.find(({ id }) => id === (act.endsWith(laterId) ? laterId : installId));
  if (act === "a stranger tells of c1") return true;
  if (act.startsWith("cancel")) return install !== undefined && !hasEnded(install);
  // What has ended does not change while the worker that ended it goes on.
  if (processes.some(({ name }) => name === "A" || name === "B")) return false;
  if (act === "enqueue") return installs.length === 1 && hasEnded(install);
  if (act.startsWith("retry")) return install?.state === "failed";
  return install?.cid !== undefined && hasEnded(install) && !install.isUninstalled;
};

export const peopleSteps = (deps: StepDeps, world: World, view: View): Step[] =>
  deps.people
    .filter((act) => !world.done.includes(act) && isTime(act, world, view))
    .map((act) => startStep(deps, { ...world, done: [...world.done, act].sort() }, act));
