import { errorCatalogue } from "../../install/errors/error-catalogue.ts";
import { plural } from "../../install/values/shown-text.ts";
import type { Graph, PhoneList } from "../../meta/graph.ts";
import type { MetaPhone, MetaToken } from "../../meta/graph-objects.ts";
import type { GraphRead } from "../../meta/graph-read.ts";
import { type Fact, type Finding, judgeToken } from "../../meta/judge.ts";
import { readToken } from "../installs/install.ts";
import { exitCode, type Io, printJson, printLine, printNote } from "../terminal/io.ts";

export interface CheckArgs {
  /** File that holds the token; `-` is standard input. */
  readonly file: string;
  readonly json: boolean;
}

/** Accounts whose phone numbers are listed. */
const accountsMax = 20;

/** What Meta tells of a token. Holds no part of it. */
interface TokenReport {
  readonly token: Omit<MetaToken, "isExpired"> | undefined;
  readonly accounts: readonly {
    readonly wabaId: string;
    readonly phones: readonly MetaPhone[];
    readonly isWhole: boolean;
  }[];
  readonly findings: readonly Finding[];
  /** What Meta gave no answer to. */
  readonly unasked: readonly string[];
}

/** `perch check`: what a token is at Meta, which accounts and numbers it reaches, and what is wrong with it. */
export const checkCommand = async (
  deps: { readonly io: Io; readonly graph: Graph; readonly appId: string; readonly now: () => number },
  { file, json }: CheckArgs,
): Promise<number> => {
  const { io } = deps;
  const read = await readToken(io, file === "-" ? undefined : file, {
    what: "token",
    option: "the argument",
  });
  if ("issue" in read) {
    printNote(io, read.issue);
    return read.isUsage ? exitCode.wrongUsage : exitCode.failed;
  }
  const report = await inspect(deps, read.token);
  if (json) printJson(io, { ...report, findings: report.findings.map(withAction) });
  else for (const line of linesOf(report)) printLine(io, line);
  const isWell = report.findings.every(({ severity }) => severity === "warning");
  return isWell && report.token !== undefined && report.unasked.length === 0
    ? exitCode.done
    : exitCode.failed;
};

const inspect = async (
  { graph, appId, now }: Parameters<typeof checkCommand>[0],
  token: string,
): Promise<TokenReport> => {
  const unasked: string[] = [];
  const factOf = <T>(what: string, answer: GraphRead<T>): Fact<T> => {
    if (answer.kind !== "limited" && answer.kind !== "unavailable") return answer;
    unasked.push(
      `${what}: ${answer.kind === "limited" ? "Meta limits the requests of the app" : answer.reason}`,
    );
    return { kind: "unknown" };
  };
  const inspected: Fact<MetaToken> =
    graph.inspectToken === undefined ? { kind: "unknown" } : factOf("token", await graph.inspectToken(token));
  const known = inspected.kind === "found" ? inspected.value : undefined;
  const accounts: TokenReport["accounts"][number][] = [];
  const lists: Fact<PhoneList>[] = [];
  for (const wabaId of known?.isValid === true ? known.wabaIds.slice(0, accountsMax) : []) {
    const list = factOf(`account ${wabaId}`, await graph.phoneNumbersOf({ wabaId, token }));
    lists.push(list);
    if (list.kind === "found") accounts.push({ wabaId, ...list.value });
  }
  if (inspected.kind === "refused" || inspected.kind === "token_refused")
    unasked.push(
      "token: Meta does not let META_APP_ID inspect it: it is of another app, or META_APP_SECRET is wrong",
    );
  const { isExpired: _, ...shown } = known ?? { isExpired: false };
  return {
    token: "isValid" in shown ? shown : undefined,
    accounts,
    findings: judgeToken(
      { token: inspected.kind === "found" ? inspected : { kind: "unknown" }, lists },
      { appId, nowMs: now() },
    ),
    unasked,
  };
};

const withAction = (finding: Finding) => {
  const { message, actor, action } = errorCatalogue[finding.code];
  return { ...finding, message, actor, action };
};

const linesOf = ({ token, accounts, findings, unasked }: TokenReport): readonly string[] => [
  ...(token === undefined ? [] : tokenLines(token)),
  ...accounts.flatMap(({ wabaId, phones, isWhole }) => [
    `account ${wabaId}: ${plural(phones.length, "number")}${isWhole ? "" : " read, there may be more"}`,
    ...phones.map(phoneLine),
  ]),
  ...findings
    .map(withAction)
    .flatMap(({ severity, code, message, detail, actor, action }) => [
      `${severity} ${code}: ${message}${detail === undefined ? "" : ` ${detail}`}`,
      `  ${actor}: ${action}`,
    ]),
  ...unasked.map((what) => `not known: ${what}`),
  ...(findings.length === 0 && unasked.length === 0
    ? ["Nothing is wrong with it as far as Meta tells."]
    : []),
];

const tokenLines = (token: NonNullable<TokenReport["token"]>): readonly string[] => [
  `app ${token.appId ?? "not known"}${token.appName === undefined ? "" : ` (${token.appName})`}, ${token.isValid ? "valid" : "not valid"}${token.type === undefined ? "" : `, ${token.type.toLowerCase()}`}`,
  `permissions: ${token.scopes === undefined ? "not known" : token.scopes.join(", ") || "none"}`,
  `expires: ${expiry(token)}`,
];

const expiry = ({ expiresAtMs, neverExpires }: Pick<MetaToken, "expiresAtMs" | "neverExpires">): string => {
  if (expiresAtMs !== undefined) return new Date(expiresAtMs).toISOString();
  return neverExpires ? "never" : "not known";
};

const phoneLine = (phone: MetaPhone): string =>
  `  ${[
    phone.id,
    phone.displayPhoneNumber,
    phone.verifiedName,
    phone.codeVerificationStatus,
    phone.platformType,
    phone.status,
  ]
    .filter((part) => part !== undefined)
    .join(" · ")}`;
