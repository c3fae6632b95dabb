/**
 * The same job on Perch and on what people would pick instead: enqueue, create at Bird, hear the event, completed.
 *
 *   npm run bench:peers -- [installs] [rounds] [--systems perch,pg-boss] [--event-after-ms 150] [--kills 3] [--seed 1]
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { print } from "../processes.ts";
import { measureKills } from "./kills.ts";
import { findPostgres } from "./postgres.ts";
import { printTables } from "./report.ts";
import { measureRound, type Round } from "./round.ts";
import { systems } from "./systems.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    systems: { type: "string", default: systems.map(({ name }) => name).join(",") },
    "event-after-ms": { type: "string", default: "0" },
    kills: { type: "string", default: "3" },
    seed: { type: "string", default: "1" },
  },
});
const installs = Number(positionals[0] ?? 10_000);
const rounds = Number(positionals[1] ?? 3);
const kills = Number(values.kills);
const eventMs = Number(values["event-after-ms"]);

/** The systems that can run here; says why one cannot. */
const chooseSystems = () => {
  const names = values.systems.split(",");
  const unknown = names.filter((each) => !systems.some(({ name }) => name === each));
  if (unknown.length > 0) {
    throw new Error(
      `no system ${unknown.join(", ")}: there are ${systems.map(({ name }) => name).join(", ")}`,
    );
  }
  const wanted = systems.filter(({ name }) => names.includes(name));
  const onRedis = wanted.filter(({ store }) => store === "redis");
  if (onRedis.length === wanted.length) return wanted;
  if (!existsSync(join(import.meta.dirname, "node_modules"))) {
    print("pg-boss, graphile-worker and DBOS are skipped: npm ci --prefix bench/peers installs them.");
    return onRedis;
  }
  if (findPostgres() === undefined) {
    print("pg-boss, graphile-worker and DBOS are skipped: PostgreSQL is not installed.");
    return onRedis;
  }
  return wanted;
};

const chosen = chooseSystems();
const results: Round[] = [];
if (rounds > 0) {
  print(
    `${installs} installs a round, ${rounds} rounds, the event ${eventMs} ms after Bird's answer, one machine`,
  );
}
for (let round = 1; round <= rounds; round += 1) {
  // Each round begins with another system.
  const order = chosen.map((_, index) => chosen[(index + round - 1) % chosen.length]);
  for (const system of order) {
    if (system === undefined) continue;
    try {
      results.push(await measureRound(system, { round, installs, bird: { answerMs: 0, eventMs } }));
    } catch (error) {
      // One system that fails does not cost the figures of the others.
      print(
        `round ${round}: ${system.name} has no figures: ${error instanceof Error ? error.message : error}`,
      );
    }
  }
}
if (results.length > 0) printTables(results);
if (kills > 0) await measureKills(chosen, { kills, seed: Number(values.seed) });
