import { plural } from "../../install/values/shown-text.ts";
import {
  cancelledStatuses,
  type ManyActions,
  type ManyFilter,
  retriedStatuses,
} from "../../queue/actions/many.ts";
import { confirmOrExit } from "../terminal/confirm.ts";
import { exitCode, type Io, printJson, printLine, printNote } from "../terminal/io.ts";
import { readToken } from "./install.ts";
import { readFilter } from "./list.ts";

export interface ManyArgs {
  /** What the installs have in common: `code=…`, `status=…` and so on. */
  readonly where: readonly string[];
  /** File of a token that replaces the installs' own. */
  readonly accessTokenFile?: string | undefined;
  readonly yes: boolean;
  readonly json: boolean;
}

interface Deps {
  readonly io: Io;
  readonly manyActions: ManyActions;
  readonly now?: () => number;
}

/** What one call did. */
interface Done {
  readonly matched: number;
  readonly done: number;
  readonly refused: readonly { readonly installId: string; readonly message: string }[];
  readonly nextCursor?: string | undefined;
}

type Act = (options: {
  readonly filter: ManyFilter;
  readonly dryRun: boolean;
  readonly cursor: string | undefined;
}) => Promise<Done>;

/** `perch retry --where …`: retries failed and cancelled installs that have something in common. */
export const retryManyCommand = async ({ io, manyActions, now }: Deps, args: ManyArgs): Promise<number> => {
  const filter = readWhere(args.where, retriedStatuses, now);
  if (typeof filter === "string") return refuseUsage(io, filter);
  const read = args.accessTokenFile === undefined ? undefined : await readToken(io, args.accessTokenFile);
  if (read !== undefined && "issue" in read) {
    printNote(io, read.issue);
    return read.isUsage ? exitCode.wrongUsage : exitCode.failed;
  }
  const replace = read === undefined ? {} : { accessToken: read.token };
  const act: Act = async (options) => {
    const { retried, ...answer } = await manyActions.retry({ ...options, replace });
    return { ...answer, done: retried };
  };
  const words = { ask: (count: string) => `Start ${count} again`, did: "started again", member: "retried" };
  return actOnMany({ io, act }, { ...args, filter, words });
};

/** `perch cancel --where …`: ends installs that have something in common and have not ended. */
export const cancelManyCommand = async ({ io, manyActions, now }: Deps, args: ManyArgs): Promise<number> => {
  const filter = readWhere(args.where, cancelledStatuses, now);
  if (typeof filter === "string") return refuseUsage(io, filter);
  const act: Act = async (options) => {
    const { cancelled, ...answer } = await manyActions.cancel(options);
    return { ...answer, done: cancelled };
  };
  const words = { ask: (count: string) => `Cancel ${count}`, did: "to be cancelled", member: "cancelled" };
  return actOnMany({ io, act }, { ...args, filter, words });
};

const refuseUsage = (io: Io, issue: string): number => {
  printNote(io, issue);
  return exitCode.wrongUsage;
};

const refusedMax = 20;

/** Acts on all that fit, after a confirmation that names their number. */
const actOnMany = async (
  { io, act }: { readonly io: Io; readonly act: Act },
  options: ManyArgs & {
    readonly filter: ManyFilter;
    readonly words: {
      readonly ask: (count: string) => string;
      readonly did: string;
      readonly member: string;
    };
  },
): Promise<number> => {
  const { filter, where, yes, json, words } = options;
  const preview = await toTheEnd(act, { filter, dryRun: true });
  if (preview.matched > 0) {
    const question = `${words.ask(plural(preview.matched, "install"))} (${where.join(", ")})?`;
    const refusal = await confirmOrExit(io, { question, yes });
    if (refusal !== undefined) return refusal;
  }
  const { matched, done, refused } =
    preview.matched === 0 ? preview : await toTheEnd(act, { filter, dryRun: false });
  for (const { installId, message } of refused) printNote(io, `${installId}: ${message}`);
  const more = matched - done - refused.length;
  if (more > 0) printNote(io, `… and ${more} more refused`);
  if (json) printJson(io, { matched, [words.member]: done, refused });
  else if (matched === 0) printLine(io, "No install fits: nothing was done.");
  else printLine(io, `${plural(matched, "install")}: ${done} ${words.did}.`);
  return done === matched ? exitCode.done : exitCode.failed;
};

/** Calls an action until it has looked at everything. */
const toTheEnd = async (
  act: Act,
  options: { readonly filter: ManyFilter; readonly dryRun: boolean },
): Promise<Done> => {
  let soFar: Done = { matched: 0, done: 0, refused: [] };
  for (let cursor: string | undefined; ; ) {
    const next = await act({ ...options, cursor });
    soFar = {
      matched: soFar.matched + next.matched,
      done: soFar.done + next.done,
      refused: [...soFar.refused, ...next.refused].slice(0, refusedMax),
    };
    cursor = next.nextCursor;
    if (cursor === undefined) return soFar;
  }
};

const whereMembers = ["code", "status", "workspace", "phone", "name", "q", "from", "to"];

/** @returns the filter, or what is wrong with it in one sentence. */
const readWhere = (
  where: readonly string[],
  statuses: readonly string[],
  now: () => number = Date.now,
): ManyFilter | string => {
  const pairs = where.map((text) => /^(\w+)=(.+)$/s.exec(text)?.slice(1) ?? []);
  const names = pairs.map(([name = ""]) => name);
  if (!names.every((name) => whereMembers.includes(name)))
    return `--where must be one of ${whereMembers.map((name) => `${name}=…`).join(", ")}.`;
  if (new Set(names).size < names.length) return "--where must name each member once.";
  const { status, q: search, ...members } = Object.fromEntries(pairs);
  const chosen = status?.split(",");
  if (chosen?.every((each: string) => statuses.includes(each)) === false)
    return `--where status= must be one or more of ${statuses.join(", ")}.`;
  const filter = readFilter({ ...members, status: chosen, search, limit: 1, json: false }, now());
  if (typeof filter === "string") return filter.replace(/^--(\w+)/, "--where $1=");
  const { order: _, ...rest } = filter;
  return rest;
};
