import { z } from "zod";
import type { InputFile } from "../../install/batch.ts";
import { jsonOrUndefined } from "../../install/values/lenient.ts";
import type { RedisClient } from "../../redis/client.ts";

/** What a group of rows adds to what is known of the input. */
export interface GroupInput {
  /** All columns, when these rows have brought new ones. */
  readonly columns?: readonly string[] | undefined;
  /** Rows whose line is not the one after the line of the row before, and that line. */
  readonly lines?: readonly (readonly [row: number, line: number])[] | undefined;
  /** Public input of rows that differ from the install they are attached to, as text columns. */
  readonly own?: readonly (readonly [row: number, input: Readonly<Record<string, string>>])[] | undefined;
}

const ownSchema = z.record(z.string(), z.string());

/** Stores the input's facts under the key of a batch. Their expiry is set by the recount that follows. */
export const writeGroupInput = async (
  client: RedisClient,
  batch: string,
  { columns, lines = [], own = [] }: GroupInput,
): Promise<void> => {
  if (columns !== undefined) await client.hset(batch, { columns: columns.join(" ") });
  if (lines.length > 0) await client.zadd(`${batch}:lines`, ...lines.flat());
  if (own.length > 0)
    await client.hset(
      `${batch}:own`,
      Object.fromEntries(own.map(([row, input]) => [row, JSON.stringify(input)])),
    );
};

export const readInputFile = async (client: RedisClient, batch: string): Promise<InputFile> => {
  const [delimiter, columns] = await client.hmget(batch, "delimiter", "columns");
  return {
    delimiter: delimiter ?? undefined,
    columns: columns == null ? undefined : columns.split(" ").filter((name) => name !== ""),
  };
};

/** Returns the line of each row from `first` to `last`; none in batches of older versions. */
export const readLineNumbers = async (
  client: RedisClient,
  batch: string,
  { first, last }: { readonly first: number; readonly last: number },
): Promise<(row: number) => number | undefined> => {
  const key = `${batch}:lines`;
  const [before, within] = await Promise.all([
    client.zrange(key, String(first), "0", "BYSCORE", "REV", "LIMIT", "0", "1", "WITHSCORES"),
    client.zrange(key, `(${first}`, String(last), "BYSCORE", "WITHSCORES"),
  ]);
  const steps = pairsOf([...before.map(String), ...within.map(String)]);
  return (row) => {
    const step = steps.findLast(([stepRow]) => stepRow <= row);
    return step && step[1] + row - step[0];
  };
};

/** Returns the line of each of these rows, which may be far apart; some hundred at most. */
export const readLinesOf = async (
  client: RedisClient,
  batch: string,
  rows: readonly number[],
): Promise<(row: number) => number | undefined> => {
  const lines = await Promise.all(
    rows.map(async (row) => {
      const lineOf = await readLineNumbers(client, batch, { first: row, last: row });
      return [row, lineOf(row)] as const;
    }),
  );
  const byRow = new Map(lines);
  return (row) => byRow.get(row);
};

const pairsOf = (flat: readonly string[]): readonly (readonly [row: number, line: number])[] =>
  Array.from({ length: flat.length / 2 }, (_, n) => [Number(flat[2 * n + 1]), Number(flat[2 * n])] as const);

/** Returns the own input of these rows, where it differs from that of their install. */
export const readOwnInput = async (
  client: RedisClient,
  batch: string,
  rows: readonly number[],
): Promise<ReadonlyMap<number, Readonly<Record<string, string>>>> => {
  if (rows.length === 0) return new Map();
  const texts = await client.hmget(`${batch}:own`, ...rows.map(String));
  return new Map(
    rows.flatMap((row, index) => {
      const read = ownSchema.safeParse(jsonOrUndefined(texts[index]));
      return read.success ? [[row, read.data] as const] : [];
    }),
  );
};
