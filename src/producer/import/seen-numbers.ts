import { hash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { InstallRequest } from "../../install/request.ts";
import { comparableNumber } from "../../install/values/phone-number.ts";

type SeenRequest = Pick<InstallRequest, "workspaceId" | "phoneId" | "phoneNumber" | "wabaId">;

interface Seen {
  /** The first row that had the `phoneId` in the workspace. */
  readonly row: number;
  /** Whether that row has the same phone number and WABA. */
  readonly isSameNumber: boolean;
}

/** The numbers of a file, by `phoneId` and workspace. */
interface SeenNumbers {
  /** Returns what is known of the request's `phoneId`, or undefined and remembers the row as its first. */
  firstOf(request: SeenRequest, row: number): Seen | undefined;
}

/**
 * Keeps 64 bits of a digest, the row and a checksum of each number in tables with open addressing, 20 to 30 bytes a
 * row: a `Map` takes five times the memory, in a heap that V8 collects late. The tables are many, so that a growing one
 * is copied while it is small.
 */
export const createSeenNumbers = (): SeenNumbers => {
  const tables = Array.from({ length: tableCount }, createTable);
  return {
    firstOf: ({ workspaceId, phoneId, phoneNumber, wabaId }, row) => {
      const digest = hash("sha256", `${workspaceId}:${phoneId}`, "hex");
      const [high, low] = [digest.slice(0, 8), digest.slice(8, 16)].map((hex) => Number.parseInt(hex, 16));
      const check = crc32(`${comparableNumber(phoneNumber)}:${wabaId}`);
      const found = tables[(high ?? 0) % tableCount]?.firstOf({ high: high ?? 0, low: low ?? 0, row, check });
      return found && { row: found.row, isSameNumber: found.check === check };
    },
  };
};

const tableCount = 64;

/** What is kept of a number. Rows count from 1, so that 0 marks a free slot. */
interface Entry {
  readonly high: number;
  readonly low: number;
  readonly row: number;
  readonly check: number;
}

/** Above this share of filled slots, probing takes too long. */
const fullAt = 0.8;
const growth = 1.5;
const wordsEach = 4;

const createTable = () => {
  let words = new Uint32Array(wordsEach * 32);
  let size = 0;
  const grow = (): void => {
    const smaller = words;
    words = new Uint32Array(wordsEach * Math.ceil((smaller.length / wordsEach) * growth));
    for (let at = 0; at < smaller.length; at += wordsEach) {
      const [high = 0, low = 0, row = 0] = smaller.subarray(at, at + wordsEach);
      if (row !== 0) words.set(smaller.subarray(at, at + wordsEach), slotOf(words, high, low));
    }
  };
  return {
    firstOf: ({ high, low, row, check }: Entry): Pick<Entry, "row" | "check"> | undefined => {
      const at = slotOf(words, high, low);
      const known = words[at + 2] ?? 0;
      if (known !== 0) return { row: known, check: words[at + 3] ?? 0 };
      words.set([high, low, row, check], at);
      size += 1;
      if (size * wordsEach > words.length * fullAt) grow();
      return undefined;
    },
  };
};

/** Where the entry of a digest begins, or the free slot where it belongs. */
const slotOf = (words: Uint32Array, high: number, low: number): number => {
  let at = (low % (words.length / wordsEach)) * wordsEach;
  while (words[at + 2] !== 0 && (words[at] !== high || words[at + 1] !== low))
    at = at + wordsEach === words.length ? 0 : at + wordsEach;
  return at;
};
