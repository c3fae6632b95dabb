import { once } from "node:events";
import { open } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { seededChance } from "../../src/sandbox/faults/seeded-chance.ts";
import type { ChaosOptions } from "./chaos-options.ts";
import type { ChildConfig } from "./child-config.ts";
import { findFakeClock } from "./fake-clock.ts";
import { batchParts } from "./import-batches.ts";
import { type Member, startMember } from "./member.ts";
import type { MortalRedis } from "./mortal-redis.ts";

/** All processes of a run. */
export interface Fleet {
  /** Stands for Bird, and is never killed. */
  readonly sandboxUrl: string;
  /** Where batches are uploaded; undefined in a run without them. */
  readonly apiUrl: string | undefined;
  /** The workers and the webhook, and what imports batches. */
  readonly mortals: readonly Member[];
  /** The sandbox too. */
  readonly all: readonly Member[];
  /** By how many milliseconds one worker's clock is ahead, and what makes it so. */
  readonly skew: string;
  stop(): Promise<void>;
}

/** How far the first worker's clock is ahead. */
const workerSkewMs = ({ seed, skewMs }: Pick<ChaosOptions, "seed" | "skewMs">): number =>
  seededChance(seed)("skew") < 0.5 ? skewMs : -skewMs;

const budgets = {
  generous: { postsPerSecond: 100_000, getsPerSecond: 100_000 },
  real: { postsPerSecond: 400, getsPerSecond: 20 },
} as const;

/** Starts a sandbox, a webhook and workers; resolves once all of them work. */
export const startFleet = async (deps: {
  readonly options: ChaosOptions;
  readonly dataDir: string;
  readonly redis: MortalRedis;
  readonly prefix: string;
  readonly sealingKeys: string;
}): Promise<Fleet> => {
  const { options, dataDir, redis, prefix, sealingKeys } = deps;
  const redisUrl = redis.url;
  const log = await open(join(dataDir, "processes.log"), "a");
  const all: Member[] = [];
  const skewMs = workerSkewMs(options);
  const fakeClock = await findFakeClock(skewMs);
  const start = (config: ChildConfig, clock?: Parameters<typeof startMember>[0]["clock"]): Member => {
    const member = startMember({
      ...{ config, logFd: log.fd, redis },
      ...(clock !== undefined && { clock }),
    });
    all.push(member);
    return member;
  };
  const stop = async (): Promise<void> => {
    await Promise.all(all.map((member) => member.stop()));
    await log.close();
  };
  const startImporting = async (sandboxUrl: string): Promise<readonly Member[]> => {
    const common = { redisUrl, prefix, sealingKeys };
    const { imported } = batchParts(options);
    return [
      start({ role: "api", ...common, sandboxUrl, port: await findPort(options.seed + 1) }),
      start({ role: "importer", ...common, ...imported, workspaces: options.workspaces }),
    ];
  };
  try {
    const webhook = start({ role: "webhook", redisUrl, prefix, port: await findPort(options.seed) });
    const hasLimits = options.budgets === "real";
    const webhookUrl = await webhook.url;
    const sandboxUrl = await start({ role: "sandbox", seed: options.seed, webhookUrl, hasLimits }).url;
    const worker = {
      role: "worker",
      ...{ redisUrl, prefix, sandboxUrl, sealingKeys, ...budgets[options.budgets] },
    } as const;
    const ownSkewMs = Object.keys(fakeClock.env).length === 0 ? skewMs : 0;
    const workers = Array.from({ length: options.workers }, (_, index) =>
      index === 0
        ? start({ ...worker, ownSkewMs }, { skewMs, env: fakeClock.env })
        : start({ ...worker, ownSkewMs: 0 }),
    );
    const importing = options.isBatch ? await startImporting(sandboxUrl) : [];
    await Promise.all([...workers, ...importing].map(({ url }) => url));
    const apiUrl = await importing.find(({ role }) => role === "api")?.url;
    const skew = skewMs === 0 ? "0" : `${skewMs}, by ${fakeClock.by}`;
    return { sandboxUrl, apiUrl, mortals: [...workers, webhook, ...importing], all, skew, stop };
  } catch (error) {
    await stop();
    throw new Error(`A process of the run is missing; its log is in ${dataDir}`, { cause: error });
  }
};

/** Below the ports that systems hand out by themselves, so that no connection takes it while the webhook is dead. */
const [portMin, portCount] = [20_000, 10_000];

const findPort = async (seed: number): Promise<number> => {
  for (let step = 0; step < portCount; step += 1) {
    const port = portMin + ((seed * 101 + process.pid + step) % portCount);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!isFree) continue;
    server.close();
    await once(server, "close");
    return port;
  }
  throw new Error("no free port");
};
