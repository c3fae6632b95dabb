import { type Install, type InstallStatus, installStatuses } from "../../install/install.ts";
import { toE164 } from "../../install/phone-number.ts";
import { sinceMsOf, sinceRule } from "../../install/since.ts";
import { type Installs, nameWalkMax } from "../../queue/installs/installs.ts";
import { readCode } from "../batch/choose.ts";
import { ageOf } from "../terminal/age.ts";
import { exitCode, type Io, printJson, printLine, printNote } from "../terminal/io.ts";
import { isLimit } from "../terminal/limit.ts";
import { paintStatus } from "../terminal/paint-status.ts";
import { fittingTable } from "../terminal/plain-table.ts";
import { shortIds } from "../terminal/short-ids.ts";

export interface ListArgs {
  /** An install has any of these. */
  readonly status?: readonly string[] | undefined;
  readonly workspace?: string | undefined;
  readonly batch?: string | undefined;
  readonly phone?: string | undefined;
  readonly code?: string | undefined;
  /** A part of the name. */
  readonly name?: string | undefined;
  /** See `sinceMsOf`. */
  readonly since?: string | undefined;
  /** 1 to 1000. */
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly json: boolean;
}

interface ListDeps {
  readonly io: Io;
  readonly producer: { readonly installs: Pick<Installs, "list"> };
  readonly now?: () => number;
}

/** `perch list`: installs, newest first, one page. */
export const listCommand = async (
  { io, producer, now = Date.now }: ListDeps,
  args: ListArgs,
): Promise<number> => {
  if (!isLimit(io, args.limit)) return exitCode.wrongUsage;
  const filter = readFilter(args, now());
  if (typeof filter === "string") {
    printNote(io, filter);
    return exitCode.wrongUsage;
  }
  const { limit, cursor, json } = args;
  const page = await producer.installs.list({ ...filter, limit, cursor });
  if (json) {
    printJson(io, page);
    return exitCode.done;
  }
  const { items, nextCursor } = page;
  if (items.length > 0) io.stdout.write(installsTable(io, items, now()));
  else printNote(io, nextCursor === undefined ? "No installs." : "No installs on this page.");
  if (args.name !== undefined && nextCursor !== undefined && items.length < limit)
    printNote(io, `The search stopped after ${nameWalkMax} installs: others may fit further back.`);
  if (nextCursor !== undefined) printLine(io, `next page: --cursor ${nextCursor}`);
  return exitCode.done;
};

/** @returns the filter, or what is wrong with it in one sentence. */
const readFilter = (args: ListArgs, nowMs: number) => {
  const { status, workspace: workspaceId, batch: batchId, phone, code, name, since } = args;
  if (status?.every(isStatus) === false) return `--status must be one of ${installStatuses.join(", ")}.`;
  const byCode = readCode({ code });
  if (typeof byCode === "string") return byCode;
  const phoneNumber = phone === undefined ? undefined : toE164(phone);
  if (phone !== undefined && phoneNumber === undefined)
    return "--phone must be a phone number with its country code, such as +14155550123.";
  if (name === "") return "--name must not be empty.";
  const sinceMs = since === undefined ? undefined : sinceMsOf(since, nowMs);
  if (since !== undefined && sinceMs === undefined) return `--since ${sinceRule}.`;
  return { status: status?.filter(isStatus), workspaceId, batchId, phoneNumber, ...byCode, name, sinceMs };
};

const isStatus = (text: string): text is InstallStatus => installStatuses.some((status) => status === text);

const installsTable = (io: Io, installs: readonly Install[], nowMs: number): string => {
  const short = shortIds(installs.map(({ id }) => id));
  return fittingTable(
    [
      { title: "install", max: 26 },
      { title: "number", max: 16 },
      { title: "name", max: 24 },
      { title: "status", max: 16, paint: paintStatus(io) },
      { title: "code", max: 32 },
      { title: "age", max: 5 },
    ],
    installs.map(({ id, phoneNumber, name, status, error, createdAt, uninstalledAt }) => [
      short(id),
      phoneNumber,
      name,
      uninstalledAt === undefined ? status : "uninstalled",
      error?.code ?? "",
      ageOf(createdAt, nowMs),
    ]),
  );
};
