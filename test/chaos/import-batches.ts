import { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import type { Batch } from "../../src/install/batch.ts";
import type { Producer } from "../../src/producer/producer.ts";
import { type ResultRow, resultRows } from "../../src/producer/results/rows.ts";
import type { RedisClient } from "../../src/redis/client.ts";
import type { ChaosOptions } from "./chaos-options.ts";
import { chaosRows, isBadRow } from "./chaos-rows.ts";
import { type Check, check } from "./check.ts";
import type { Outcome } from "./checks.ts";
import type { Enqueuing } from "./enqueue-all.ts";

interface BatchPart {
  readonly first: number;
  readonly count: number;
}

/** Where the importer writes down its batch's id once its import is whole. */
export const importedKey = (prefix: string): string => `${prefix}:chaos:imported`;

/** The rows of the importer and those that are uploaded to the API. */
export const batchParts = ({ installs }: Pick<ChaosOptions, "installs">) => {
  const half = Math.floor(installs / 2);
  return { imported: { first: 0, count: half }, uploaded: { first: half, count: installs - half } };
};

export interface Importing extends Enqueuing {
  /** Reads the results of the batches once they have finished, as people would. */
  collect(): Promise<void>;
  /** What must hold of what was collected. */
  batchChecks(outcome: Pick<Outcome, "installs">): readonly Check[];
}

const retryMs = 100;
const batchSchema = z.object({ id: z.string() });

/**
 * Has all installs imported as two batches, one by a process that is killed on the way and one by uploads to an API that
 * is, until both are whole.
 */
export const createImporting = (deps: {
  readonly producer: Producer;
  readonly client: RedisClient;
  readonly prefix: string;
  readonly options: ChaosOptions;
  readonly apiUrl: string;
  readonly onAccepted: (n: number, installId: string) => void;
  readonly signal: AbortSignal;
}): Importing => {
  const { producer, client, options, signal } = deps;
  const parts = batchParts(options);
  const ids = new Map<number, string>();
  const whole: (BatchPart & { readonly name: string; readonly batchId: string })[] = [];
  const results: { readonly name: string; readonly first: number; readonly rows: readonly ResultRow[] }[] =
    [];
  const counts = { brokenOff: 0, repeated: 0 };
  const wrong: string[] = [];

  const upload = async (): Promise<string> => {
    const rows = chaosRows(parts.uploaded, options.workspaces);
    const lines = function* () {
      for (const { input } of rows) yield `${JSON.stringify(input)}\n`;
    };
    const response = await fetch(`${deps.apiUrl}/v1/batches?name=uploaded`, {
      method: "POST",
      headers: { "content-type": "application/x-ndjson" },
      body: Readable.toWeb(Readable.from(lines())),
      duplex: "half",
      signal,
    });
    if (response.status !== 202)
      throw new Error(`the API answered ${response.status}: ${await response.text()}`);
    return batchSchema.parse(await response.json()).id;
  };

  /** Asks over and over, also while Redis or the API is away; undefined once the time is up. */
  const untilThere = async <T>(what: () => Promise<T | null>): Promise<T | undefined> => {
    for (;;) {
      if (signal.aborted) return undefined;
      const found = await what().catch(() => {
        counts.brokenOff += 1;
        return null;
      });
      if (found !== null) return found;
      await pause(retryMs);
    }
  };

  /** The batch is whole: each of its good rows has an install. */
  const accept = async (name: string, part: BatchPart, batchId: string | undefined): Promise<void> => {
    if (batchId === undefined) return;
    whole.push({ ...part, name, batchId });
    const rows = await untilThere(() => Array.fromAsync(resultRows(producer, batchId)));
    for (const { row, installId } of rows ?? []) {
      if (installId === undefined) continue;
      const n = part.first + row - 1;
      ids.set(n, installId);
      deps.onAccepted(n, installId);
    }
  };

  const collect = async ({ name, batchId, first, count }: (typeof whole)[number]): Promise<void> => {
    const found = await untilThere(async () => {
      const batch = await producer.batches.find(batchId);
      if (batch?.finishedAt === undefined) return null;
      return { batch, rows: await Array.fromAsync(resultRows(producer, batchId)) };
    });
    if (found === undefined) return;
    results.push({ name, first, rows: found.rows });
    wrong.push(...countedWrong(found.batch, found.rows, count).map((fault) => `${name}: ${fault}`));
  };

  return {
    ids,
    counts: () => ({ ...counts }),
    twice: [],
    run: async () => {
      await Promise.all([
        untilThere(() => client.get(importedKey(deps.prefix))).then((id) =>
          accept("imported", parts.imported, id),
        ),
        untilThere(upload).then((id) => accept("uploaded", parts.uploaded, id)),
      ]);
    },
    collect: async () => {
      await Promise.all(whole.map(collect));
    },
    // That an install is as Bird has it is checked of all installs.
    batchChecks: ({ installs }) => {
      const faulty = results.flatMap(({ name, first, rows }) =>
        rows.flatMap((result, index) => {
          const n = first + result.row - 1;
          const install = installs.get(result.installId ?? "");
          const isRight = isBadRow(n)
            ? result.status === "rejected"
            : install !== undefined &&
              result.status === install.status &&
              result.connectorId === install.connectorId &&
              result.channelId === install.channelId;
          return isRight && result.row === index + 1
            ? []
            : [`${name} row ${result.row}: ${JSON.stringify(result)}`];
        }),
      );
      const read = results.reduce((total, { rows }) => total + rows.length, 0);
      return [
        check("rows with a result", options.installs, read),
        check("results that are not their install's", 0, faulty.length, { faults: faulty }),
        check("batches that count otherwise than their results", 0, wrong.length, { faults: wrong }),
      ];
    },
  };
};

const countedWrong = (batch: Batch, rows: readonly ResultRow[], count: number): readonly string[] => {
  const seen = Map.groupBy(rows, ({ status }) => status);
  const states = (["completed", "failed", "rejected", "cancelled"] as const).flatMap((status) => {
    const inResults = seen.get(status)?.length ?? 0;
    return batch[status] === inResults ? [] : [`counts ${batch[status]} ${status}, its results ${inResults}`];
  });
  const isWhole = batch.rows === count && batch.queued + batch.awaiting === 0;
  return isWhole ? states : [...states, JSON.stringify(batch)];
};
