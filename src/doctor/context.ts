import type { Redis } from "ioredis";
import type { BirdAnswer, BirdClient } from "../bird/bird-client.ts";
import type { Config, InspectedConfig, SettingName } from "../config/config.ts";
import type { Keys } from "../queue/keyspace/keys.ts";
import type { RedisClient } from "../redis/client.ts";
import { SkipCheck } from "./skip-check.ts";

/** One server that holds data. */
export interface DoctorServer {
  /** Host and port. */
  readonly name: string;
  readonly client: Redis;
  /** `INFO`; empty where the user of `REDIS_URL` may not ask. */
  readonly info: Readonly<Record<string, string>>;
}

export interface DoctorRedis {
  readonly client: RedisClient;
  /** The one, or the masters of a cluster. */
  readonly servers: readonly DoctorServer[];
}

/** The answer of Bird's server to a request without a key. */
export interface BirdProbe {
  readonly status: number;
  /** The `Date` header, Unix milliseconds, and the middle of the exchange by this machine's clock. */
  readonly dateMs: number | undefined;
  readonly atMs: number;
}

/** What checks work with. Everything is opened once, on first use, and closed at the end. */
export interface DoctorContext extends InspectedConfig {
  readonly dataDir: string;
  readonly keys: Keys;
  /** Of one check. */
  readonly timeoutMs: number;
  /** Of one request, shorter than a check's. */
  readonly requestTimeoutMs: number;
  readonly now: () => number;
  /** @throws the error of connecting to Redis. */
  connect(): Promise<DoctorRedis>;
  /** Redis for checks that depend on it. @throws {SkipCheck} */
  redis(): Promise<DoctorRedis>;
  /** The given workspaces, else a few of the newest installs. @throws {SkipCheck} when there are none. */
  workspaces(): Promise<readonly string[]>;
  /** @throws {SkipCheck} without `BIRD_ACCESS_KEY`. */
  bird(): BirdClient;
  /** A request without a key. @throws {SkipCheck} without `BIRD_ACCESS_KEY`, because nothing is sent to Bird then. */
  probeBird(): Promise<BirdProbe>;
  /** Bird's answer to listing the connectors of a workspace, requested once. */
  listConnectors(workspaceId: string): Promise<BirdAnswer>;
}

/** A setting a check can't do without. @throws {SkipCheck} naming it. */
export const needSetting = <Name extends SettingName>(
  { config, problems }: InspectedConfig,
  name: Name,
): NonNullable<Config[Name]> => {
  if (problems.some((problem) => problem.name === name)) throw new SkipCheck(`${name} is wrong.`);
  const value = config[name];
  if (value === undefined || value === null) throw new SkipCheck(`${name} is not set.`);
  return value;
};

/** Bird's answer, for a check that depends on it. @throws {SkipCheck} */
export const requireAnswer = (answer: BirdAnswer): Extract<BirdAnswer, { readonly kind: "answered" }> => {
  if (answer.kind !== "answered") throw new SkipCheck(`Bird does not answer (${answer.reason}).`);
  if (answer.status === 401) throw new SkipCheck("Bird refuses the access key.");
  return answer;
};
