import { setTimeout as pause } from "node:timers/promises";
import { seededChance } from "../../src/sandbox/faults/seeded-chance.ts";
import { print } from "../processes.ts";
import { startStack } from "./stack.ts";
import type { System } from "./systems.ts";

const installs = 2000;
const windowMs = 180_000;
/** Slow enough that every kill meets installs in progress. */
const bird = { answerMs: 20, eventMs: 50 };

/** A process to kill once Bird has made this many connectors. */
interface Kill {
  readonly role: "worker" | "webhook";
  readonly afterCreates: number;
}

/**
 * The same kills for every system: one at random in each equal part of the installs between a twentieth and four fifths.
 * Chance decides whether a worker or a webhook service is first; then they take turns, so that both are met.
 */
const planKills = (count: number, seed: number): readonly Kill[] => {
  const chance = seededChance(seed);
  const roles = chance("first") < 0.5 ? (["worker", "webhook"] as const) : (["webhook", "worker"] as const);
  return Array.from({ length: count }, (_, n): Kill => {
    const share = 0.05 + (0.75 * (n + chance(`when ${n}`))) / count;
    return { role: roles[n % 2 === 0 ? 0 : 1], afterCreates: Math.floor(installs * share) };
  });
};

const measure = async (system: System, kills: readonly Kill[]): Promise<string> => {
  await using stack = await startStack(system, bird);
  const startMs = performance.now();
  const elapsedMs = () => performance.now() - startMs;
  const enqueued = stack.enqueue(0, installs);
  for (const { role, afterCreates } of kills) {
    while ((await stack.bird()).creates < afterCreates && elapsedMs() < windowMs) await pause(5);
    await stack.killAndRestart(role);
  }
  await enqueued;
  const completed = await stack.untilCompleted(installs, windowMs - elapsedMs());
  const { duplicated } = await stack.bird();
  const seconds = completed < installs ? `not within ${windowMs / 1000}` : (elapsedMs() / 1000).toFixed(0);
  return `| ${system.name} | ${seconds} | ${duplicated} | ${installs - completed} |`;
};

/** Kills workers and webhook services with SIGKILL while installs run, and prints what came of the installs. */
export const measureKills = async (
  systems: readonly System[],
  { kills: count, seed }: { readonly kills: number; readonly seed: number },
): Promise<void> => {
  const kills = planKills(count, seed);
  const plan = kills.map(({ role, afterCreates }) => `${role} at ${afterCreates}`).join(", ");
  print("");
  print(`${installs} installs, kill -9 and restart by creates at Bird: ${plan} (seed ${seed})`);
  print(`Bird answers after ${bird.answerMs} ms, the event follows after ${bird.eventMs} ms`);
  print("");
  print("| system | all done, s | numbers with two connectors | not completed after 3 minutes |");
  print("| --- | --- | --- | --- |");
  for (const system of systems) print(await measure(system, kills));
};
