import { type Install, type InstallStatus, installStatuses, isEnded } from "../../install/install.ts";
import { type InstallOrder, installOrders } from "../../install/install-filter.ts";
import { isPositionCursor } from "../../install/values/cursor.ts";
import { isUlid } from "../../install/values/ids.ts";
import { toE164 } from "../../install/values/phone-number.ts";
import { readSearchText } from "../../install/values/search-text.ts";
import { sinceMsOf, sinceRule, untilMsOf } from "../../install/values/since.ts";
import type { Installs } from "../../queue/installs/installs.ts";
import { textWalkMax } from "../../queue/installs/list-installs.ts";
import { readCode } from "../batch/choose.ts";
import { ageOf } from "../terminal/age.ts";
import { exitCode, type Io, printNote } from "../terminal/io.ts";
import { isPage, printPage } from "../terminal/page.ts";
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
  /** An id, a number, or a part of a name, id, number or metadata value. */
  readonly search?: string | undefined;
  /** See `sinceMsOf`. */
  readonly since?: string | undefined;
  /** The same as `since`. */
  readonly from?: string | undefined;
  /** See `untilMsOf`. */
  readonly to?: string | undefined;
  readonly order?: string | undefined;
  readonly stuck?: boolean | undefined;
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
  if (!isPage(io, args, args.order === "updated" ? isPositionCursor : isUlid)) return exitCode.wrongUsage;
  const filter = readFilter(args, now());
  if (typeof filter === "string") {
    printNote(io, filter);
    return exitCode.wrongUsage;
  }
  const { limit, cursor, json } = args;
  const page = await producer.installs.list({ ...filter, limit, cursor });
  const hasStopped =
    (args.name ?? args.search) !== undefined && page.nextCursor !== undefined && page.items.length < limit;
  return printPage(io, page, {
    isJson: json,
    table: (items) => installsTable(io, items, now()),
    none: page.nextCursor === undefined ? noneText(args) : "No installs on this page.",
    note: hasStopped
      ? `The search stopped after ${textWalkMax} installs: others may fit further back.`
      : undefined,
  });
};

/** A row that was rejected is no install, so a search for its number or name finds nothing. */
const noneText = ({ phone, name, search }: ListArgs): string =>
  phone === undefined && name === undefined && search === undefined
    ? "No installs."
    : "No installs. A rejected row is in its batch's results alone: perch batch ID --out results.csv";

/** @returns the filter, or what is wrong with it in one sentence. */
export const readFilter = (args: ListArgs, nowMs: number) => {
  const { status, workspace: workspaceId, batch: batchId, phone, code, name, search } = args;
  if (status?.every(isStatus) === false) return `--status must be one of ${installStatuses.join(", ")}.`;
  const byCode = readCode({ code });
  if (typeof byCode === "string") return byCode;
  const phoneNumber = phone === undefined ? undefined : toE164(phone);
  if (phone !== undefined && phoneNumber === undefined)
    return "--phone must be a phone number with its country code, such as +14155550123.";
  if (name === "") return "--name must not be empty.";
  const times = readTimes(args, nowMs);
  if (typeof times === "string") return times;
  const ordered = readOrder(args);
  if (typeof ordered === "string") return ordered;
  if (search?.trim() === "") return "The text to look for must not be empty.";
  return {
    status: status?.filter(isStatus),
    workspaceId,
    batchId,
    phoneNumber,
    ...byCode,
    name,
    search: search === undefined ? undefined : readSearchText(search.trim()),
    isStuck: args.stuck,
    ...times,
    ...ordered,
  };
};

const readTimes = ({ since, from = since, to }: ListArgs, nowMs: number) => {
  const sinceMs = from === undefined ? undefined : sinceMsOf(from, nowMs);
  if (from !== undefined && sinceMs === undefined)
    return `${since === undefined ? "--from" : "--since"} ${sinceRule}.`;
  const untilMs = to === undefined ? undefined : untilMsOf(to, nowMs);
  return to !== undefined && untilMs === undefined ? `--to ${sinceRule}.` : { sinceMs, untilMs };
};

/** An order by end is of what has ended. */
const readOrder = ({ order, status }: ListArgs): { readonly order?: InstallOrder | undefined } | string => {
  const known = installOrders.find((each) => each === order);
  if (order !== undefined && known === undefined)
    return `--order must be one of ${installOrders.join(", ")}.`;
  return known === "updated" && status?.filter(isStatus).every(isEnded) === false
    ? "--order updated lists only what has ended: --status completed, failed or cancelled."
    : { order: known };
};

const isStatus = (text: string): text is InstallStatus => installStatuses.some((status) => status === text);

const installsTable = (io: Io, installs: readonly Install[], nowMs: number): string => {
  const short = shortIds(installs.map(({ id }) => id));
  return fittingTable(installs, [
    { title: "install", max: 26, of: ({ id }) => short(id) },
    { title: "number", max: 16, of: ({ phoneNumber }) => phoneNumber },
    { title: "name", max: 24, of: ({ name }) => name },
    {
      title: "status",
      max: 16,
      paint: paintStatus(io),
      of: ({ status, uninstalledAt }) => (uninstalledAt === undefined ? status : "uninstalled"),
    },
    { title: "code", max: 32, of: ({ error }) => error?.code },
    { title: "age", max: 5, of: ({ createdAt }) => ageOf(createdAt, nowMs) },
  ]);
};
