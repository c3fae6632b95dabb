import { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import type { Batch } from "../../src/install/batch.ts";
import type { Producer } from "../../src/producer/producer.ts";
import { type ResultRow, resultRows } from "../../src/producer/result-rows.ts";
import type { RedisClient } from "../../src/redis/redis-client.ts";
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
  /** What must hold of the batches, once they have finished. */
  batchChecks(outcome: Pick<Outcome, "report" | "installs">): readonly Check[];
}

const retryMs = 100;
const batchSchema = z.object({ id: z.string() });

/**
 * Has all installs imported as two batches, one by a process that is killed on the way and one by uploads to an API that
 * is, until both are whole and have finished.
 */
export const createImporting = (deps: {
  readonly producer: Producer;
  readonly client: RedisClient;
  readonly prefix: string;
  readonly options: ChaosOptions;
  readonly apiUrl: string;
  readonly signal: AbortSignal;
}): Importing => {
  const { producer, client, options, signal } = deps;
  const parts = batchParts(options);
  const ids = new Map<number, string>();
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

  /** Asks over and over, also while Redis or the API is away. */
  const untilThere = async <T>(what: () => Promise<T | null>): Promise<T> => {
    for (;;) {
      signal.throwIfAborted();
      const found = await what().catch(() => {
        counts.brokenOff += 1;
        return null;
      });
      if (found !== null) return found;
      await pause(retryMs);
    }
  };

  /** Reads the results once the batch has finished, as people would. */
  const follow = async (name: string, batchId: string, part: BatchPart): Promise<void> => {
    const { batch, rows } = await untilThere(async () => {
      const found = await producer.batches.find(batchId);
      if (found?.finishedAt === undefined) return null;
      return { batch: found, rows: await Array.fromAsync(resultRows(producer, batchId)) };
    });
    results.push({ name, first: part.first, rows });
    for (const { row, installId } of rows)
      if (installId !== undefined) ids.set(part.first + row - 1, installId);
    wrong.push(...countedWrong(batch, rows, part.count).map((fault) => `${name}: ${fault}`));
  };

  return {
    ids,
    counts: () => ({ ...counts }),
    twice: [],
    run: async () => {
      await Promise.all([
        untilThere(() => client.get(importedKey(deps.prefix))).then((id) =>
          follow("imported", id, parts.imported),
        ),
        untilThere(upload).then((id) => follow("uploaded", id, parts.uploaded)),
      ]);
    },
    batchChecks: ({ report, installs }) => {
      const made = new Map(report.connectors.map((each) => [each.phoneId, each]));
      const faulty = results.flatMap(({ name, first, rows }) =>
        rows.flatMap((result, index) => {
          const n = first + result.row - 1;
          const install = installs.get(result.installId ?? "");
          const connector = made.get(install?.phoneId ?? "");
          const isRight = isBadRow(n)
            ? result.status === "rejected"
            : result.status === "completed" &&
              connector !== undefined &&
              result.connectorId === connector.id &&
              result.channelId === connector.channelId;
          return isRight && result.row === index + 1
            ? []
            : [`${name} row ${result.row}: ${JSON.stringify(result)}`];
        }),
      );
      const read = results.reduce((total, { rows }) => total + rows.length, 0);
      return [
        check("rows with a result", options.installs, read),
        check("results that are not what the sandbox made", 0, faulty.length, { faults: faulty }),
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
