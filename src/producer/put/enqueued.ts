import type { InputIssue } from "../../install/errors/input-error.ts";
import type { Install } from "../../install/install.ts";

/** The result of an accepted request. */
export interface Enqueued {
  /** The new install, or the current one of its number. */
  readonly install: Install;
  /** False when the number already had a current install in this workspace: `install` is that one, unchanged. */
  readonly created: boolean;
}

/**
 * The result of one row: its install, or everything that is wrong with it. Tell them apart by `"errors" in row`.
 *
 * @example
 * if ("errors" in row) console.error(row.row, row.errors);
 * else console.log(row.row, row.install.id);
 */
export type EnqueuedRow =
  | ({
      /** Counts from 1. */
      readonly row: number;
      /** Line of the input file on which the row begins, from 1; undefined without a file. */
      readonly line?: number | undefined;
      /** The row's own public input as text columns, where it differs from that of its install. */
      readonly own?: Readonly<Record<string, string>> | undefined;
      /** Members in which the row differs from the install it is attached to, which does not change. */
      readonly differs?: readonly string[] | undefined;
    } & Enqueued)
  | {
      /** Counts from 1. */
      readonly row: number;
      /** Line of the input file on which the row begins, from 1; undefined without a file. */
      readonly line?: number | undefined;
      /** The input's known members that are not secrets. */
      readonly input: Readonly<Record<string, unknown>>;
      /** Everything that is wrong with it. */
      readonly errors: readonly InputIssue[];
      /** Default: `invalid_request`. */
      readonly code?: RowErrorCode | undefined;
    };

/** Why a valid row was rejected: its `phoneId` has a current install with another number or WABA. */
export type RowErrorCode = "number_mismatch";
