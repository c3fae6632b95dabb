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
 * Makes one finding of those that differ only in their workspace and in times, with `WORKSPACE` in place of the ids and
 * the latest time.
 */
export const foldWorkspaces = (found: readonly Finding[]): readonly Finding[] =>
  [...Map.groupBy(found, sameness).values()].flatMap(foldGroup);

const foldGroup = (group: readonly Finding[]): readonly Finding[] => {
  if (group.length === 1) return group;
  const latest = group.toSorted((a, b) => (a.summary < b.summary ? -1 : 1)).at(-1);
  if (latest === undefined) return [];
  const ids = group.map(({ id }) => splitId(id).workspaceId);
  const more = ids.length > namedMax ? `, and ${ids.length - namedMax} more` : "";
  const { summary, fix } = withoutWorkspace(latest);
  const named = `${ids.length} workspaces (${ids.slice(0, namedMax).join(", ")}${more})`;
  return [
    {
      id: splitId(latest.id).check,
      status: latest.status,
      summary: `${named}: ${summary}`,
      ...(fix !== undefined && { fix }),
    },
  ];
};

/** The same for findings that one line can stand for. One that names no workspace is only like itself. */
const sameness = (finding: Finding): string => {
  const { check, workspaceId } = splitId(finding.id);
  if (workspaceId === "") return finding.id;
  const { status, summary, fix } = withoutWorkspace(finding);
  return JSON.stringify([check, status, withoutTimes(summary), fix]);
};

const splitId = (id: string): { readonly check: string; readonly workspaceId: string } => {
  const [check = "", workspaceId = ""] = id.split(":");
  return { check, workspaceId };
};

const withoutWorkspace = (finding: Finding): Finding => {
  const { workspaceId } = splitId(finding.id);
  const { summary, fix } = finding;
  return {
    ...finding,
    summary: summary.replaceAll(workspaceId, "WORKSPACE"),
    ...(fix !== undefined && { fix: fix.replaceAll(workspaceId, "WORKSPACE") }),
  };
};

const withoutTimes = (text: string): string => text.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "");
