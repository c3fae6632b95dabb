import type { Finding } from "./check.ts";

/** Most workspaces that a folded line names. */
const namedMax = 3;

const order = ["fail", "warn", "ok", "skipped"] as const satisfies readonly Finding["status"][];

/** Sorts findings: what fails first, then what warns; otherwise they keep their order. */
export const problemsFirst = (found: readonly Finding[]): readonly Finding[] =>
  found.toSorted((a, b) => order.indexOf(a.status) - order.indexOf(b.status));

/** Whether a finding asks for an action. */
export const isProblem = ({ status }: Finding): boolean => status === "fail" || status === "warn";

/**
 * Makes one finding of those that differ only in what they are about, a workspace, a setting or a server of Redis, and in
 * times; of servers also in numbers. It has `WORKSPACE` and the like in place of each name, and the latest time. Checks that
 * were skipped for one reason are one too.
 */
export const foldEqual = (found: readonly Finding[]): readonly Finding[] =>
  [...Map.groupBy(found, sameness).values()].flatMap(foldGroup);

const foldGroup = (group: readonly Finding[]): readonly Finding[] => {
  if (group.length === 1) return group;
  const [first, ...others] = group;
  if (first?.status === "skipped")
    return [{ ...first, summary: `${first.summary} The same: ${others.map(({ id }) => id).join(", ")}.` }];
  const latest = group.toSorted((a, b) => a.summary.localeCompare(b.summary, "en", { numeric: true })).at(-1);
  if (latest === undefined) return [];
  const { check, kind } = splitId(latest.id);
  const names = group.map(({ id }) => splitId(id).subject);
  const more = names.length > namedMax ? `, and ${names.length - namedMax} more` : "";
  const { summary, fix } = withoutSubject(latest);
  const named = `${names.length} ${kind.toLowerCase()}s (${names.slice(0, namedMax).join(", ")}${more})`;
  return [
    { id: check, status: latest.status, summary: `${named}: ${summary}`, ...(fix !== undefined && { fix }) },
  ];
};

/** The same for findings that one line can stand for. One that is about nothing in particular is only like itself. */
const sameness = (finding: Finding, place: number): string => {
  const { check, kind, subject } = splitId(finding.id);
  if (finding.status === "skipped") return `skipped ${finding.summary}`;
  if (subject === "") return String(place);
  const { status, summary, fix } = withoutSubject(finding);
  const told = kind === "SERVER" ? summary.replaceAll(/\d+(\.\d+)?/g, "") : withoutTimes(summary);
  return JSON.stringify([check, status, told, fix]);
};

const splitId = (id: string) => {
  const [check = "", ...rest] = id.split(":");
  return { check, subject: rest.join(":"), kind: kindOf(check) };
};

const kindOf = (check: string): "SETTING" | "SERVER" | "WORKSPACE" => {
  if (check === "settings") return "SETTING";
  return check.startsWith("redis_") ? "SERVER" : "WORKSPACE";
};

const withoutSubject = (finding: Finding): Finding => {
  const { kind, subject } = splitId(finding.id);
  const { summary, fix } = finding;
  return {
    ...finding,
    summary: summary.replaceAll(subject, kind),
    ...(fix !== undefined && { fix: fix.replaceAll(subject, kind) }),
  };
};

const withoutTimes = (text: string): string => text.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "");
