import type { ErrorCode } from "../../install/errors/error-catalogue.ts";
import type { RedisClient } from "../../redis/client.ts";
import type { Keys } from "../keyspace/keys.ts";
import { failedWith, rejectedFor } from "./counts.ts";

/** States of a row that are found by bitmaps. */
export const rowStates = ["queued", "awaiting", "completed", "failed", "cancelled", "rejected"] as const;

export type RowState = (typeof rowStates)[number];

/** Which rows of a batch to walk: those that match all members. */
export interface RowFilter {
  /** Any of these. */
  readonly states?: readonly RowState[] | undefined;
  readonly code?: ErrorCode | undefined;
  /** The number of a fault: see `countFaults`. */
  readonly fault?: number | undefined;
  /** Of the rows with an install of their own only these: the caller has looked up which fit. */
  readonly own?: readonly number[] | undefined;
}

/** Bytes of a bitmap read in the first step of a walk, and in later ones: eight rows each. */
const firstBytes = 1024;
const bytesMax = 64 * 1024;

const ended = ["completed", "failed", "cancelled"] as const;

/** A row is in a state when it is in one bitmap of `within` and in none of `without`. */
const bitmapsOf = {
  queued: { within: ["accepted", "attached"], without: ["awaiting", ...ended] },
  awaiting: { within: ["awaiting"], without: ended },
  completed: { within: ["completed"], without: [] },
  failed: { within: ["failed"], without: [] },
  cancelled: { within: ["cancelled"], without: [] },
  rejected: { within: ["rejected"], without: [] },
} as const satisfies Record<RowState, { within: readonly string[]; without: readonly string[] }>;

/** Codes that a rejected row has as well: which of them one has is in its record alone. */
const rejectCodes: readonly ErrorCode[] = ["invalid_request", "number_mismatch"];

/** Names of the bitmaps of which a row must be in one, by its code; undefined: any row. */
const namesOfCode = (code: ErrorCode | undefined): readonly string[] | undefined => {
  if (code === undefined) return undefined;
  if (code === "cancelled") return ["cancelled"];
  return [failedWith(code).slice(1), ...(rejectCodes.includes(code) ? ["rejected"] : [])];
};

/**
 * Walks the numbers of the rows after `after` that fit a filter, in ascending order, by the batch's bitmaps: a step reads some
 * kilobytes of each, so the few failed rows of a million cost some twenty steps. A row may have changed since, and one of a
 * code that rejected rows have too may have another: whoever reads it checks.
 */
export const createWalkRows = ({ client, keys }: { readonly client: RedisClient; readonly keys: Keys }) =>
  async function* (batchId: string, filter: RowFilter, after = 0): AsyncGenerator<readonly number[]> {
    const home = keys.home().batch(batchId);
    const rowsMax = Number(await client.hget(home, "rows"));
    const { states = rowStates, fault, own } = filter;
    const codes = namesOfCode(filter.code);
    const listed = own && bitmapOf(own);
    let [from, size] = [Math.floor((after + 1) / 8), firstBytes];
    while (from * 8 <= rowsMax) {
      const chunk = createReadChunk({ client, keys, batchId }, from, from + size - 1);
      const [inStates, ...others]: [Uint8Array[], ...(Uint8Array | undefined)[]] = await Promise.all([
        Promise.all(states.map((state) => inState(chunk, state))),
        codes && chunk(codes),
        fault === undefined ? undefined : chunk([rejectedFor(fault).slice(1)]),
        listed && chunk(["attached", "rejected"]).then((bits) => joined([bits, listed.subarray(from)], size)),
      ]);
      const some = joined(inStates, size);
      const bits = others.filter((each) => each !== undefined).reduce<Uint8Array>(common, some);
      const rows = rowsIn(bits, from).filter((row) => row > after && row <= rowsMax);
      if (rows.length > 0) yield rows;
      from += size;
      size = Math.min(size * 4, bytesMax);
    }
  };

/** Bits that are in any of these bitmaps, in `size` bytes. */
const joined = (bitmaps: readonly Uint8Array[], size: number): Uint8Array => {
  const bits = new Uint8Array(size);
  for (const bitmap of bitmaps)
    for (let at = 0; at < Math.min(size, bitmap.length); at += 1)
      bits[at] = (bits[at] ?? 0) | (bitmap[at] ?? 0);
  return bits;
};

/** Bits that are in both bitmaps. */
const common = (one: Uint8Array, other: Uint8Array): Uint8Array =>
  one.map((byte, at) => byte & (other[at] ?? 0));

type ReadChunk = (names: readonly string[]) => Promise<Uint8Array>;

/** Reads bytes `from` to `to` of bitmaps in every shard, joined by OR; each bitmap once. */
const createReadChunk = (
  { client, keys, batchId }: { readonly client: RedisClient; readonly keys: Keys; readonly batchId: string },
  from: number,
  to: number,
): ReadChunk => {
  const reads = new Map<string, Promise<readonly Buffer[]>>();
  const read = (name: string): Promise<readonly Buffer[]> =>
    Promise.all(
      keys.shards.map((shard) => client.getrangeBuffer(`${shard.batch(batchId)}:${name}`, from, to)),
    );
  return async (names) => {
    const found = await Promise.all(
      names.map((name) => {
        const reading = reads.get(name) ?? read(name);
        reads.set(name, reading);
        return reading;
      }),
    );
    return joined(found.flat(), to - from + 1);
  };
};

const inState = async (chunk: ReadChunk, state: RowState): Promise<Uint8Array> => {
  const { within, without } = bitmapsOf[state];
  const [some, none] = await Promise.all([chunk(within), chunk(without)]);
  return common(
    some,
    none.map((byte) => ~byte),
  );
};

const bitmapOf = (rows: readonly number[]): Buffer => {
  const bits = Buffer.alloc(Math.floor(Math.max(0, ...rows) / 8) + 1);
  for (const row of rows) {
    const at = Math.floor(row / 8);
    bits[at] = (bits[at] ?? 0) | (0x80 >> (row % 8));
  }
  return bits;
};

/** The rows set in a piece of a bitmap that begins with byte `from`. In a Redis bitmap row 0 is the highest bit of the first byte. */
export const rowsIn = (bits: Uint8Array, from = 0): number[] => {
  const rows: number[] = [];
  for (const [at, byte] of bits.entries())
    for (let bit = 0; byte !== 0 && bit < 8; bit += 1)
      if ((byte & (0x80 >> bit)) !== 0) rows.push((from + at) * 8 + bit);
  return rows;
};
