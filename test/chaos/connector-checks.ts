import type { Install } from "../../src/install/install.ts";
import { chaosRequest } from "./chaos-request.ts";
import { type Check, check } from "./check.ts";
import type { Outcome } from "./checks.ts";
import type { ChaosReport } from "./sandbox-report.ts";

type Connector = ChaosReport["connectors"][number];

/** What must hold between the installs and Bird's connectors. */
export const connectorChecks = (outcome: Outcome): readonly Check[] => [
  oneAtATime(outcome),
  sameIds(outcome),
  goneWhereUninstalled(outcome),
  accountedFor(outcome),
  unmatchedForAReason(outcome),
];

/** Live and not uninstalled: the one that Perch says the number has. */
export const isInstalled = ({ status, uninstalledAt }: Install): boolean =>
  status === "completed" && uninstalledAt === undefined;

const numberOf = ({ workspaceId, phoneId }: { readonly workspaceId: string; readonly phoneId: string }) =>
  `${workspaceId}/${phoneId}`;

/** A second connector may only come once the first was deleted. */
const oneAtATime = ({ report, ids, workspaces }: Outcome): Check => {
  const byNumber = new Map([...ids].map(([n, id]) => [numberOf(chaosRequest(n, workspaces)), id]));
  const doubled = [...Map.groupBy(report.connectors, numberOf)].filter(([, made]) => overlap(made));
  return check("numbers with two connectors at a time", 0, doubled.length, {
    suspects: doubled.flatMap(([number]) => byNumber.get(number) ?? []),
    faults: doubled.flatMap(([number, made]) =>
      made.map(
        ({ id, createdAt, deletedAt = "never" }) =>
          `${byNumber.get(number)}: connector ${id} made ${createdAt}, deleted ${deletedAt}`,
      ),
    ),
  });
};

const overlap = (connectors: readonly Connector[]): boolean => {
  const inOrder = connectors.toSorted((a, b) => a.createdAt.localeCompare(b.createdAt));
  return inOrder.some(({ createdAt }, index) => {
    const before = inOrder[index - 1];
    return before !== undefined && (before.deletedAt === undefined || before.deletedAt > createdAt);
  });
};

const sameIds = ({ report, installs }: Outcome): Check => {
  const made = new Map(report.connectors.map((each) => [each.id, each]));
  const completed = [...installs.values()]
    .filter(isInstalled)
    .map((install) => ({ install, connector: made.get(install.connectorId ?? "") }));
  const different = completed.filter(
    ({ install, connector }) =>
      connector === undefined ||
      connector.deletedAt !== undefined ||
      numberOf(install) !== numberOf(connector) ||
      install.channelId !== connector.channelId,
  );
  return check(
    "completed, their connector as it is at Bird",
    completed.length,
    completed.length - different.length,
    {
      suspects: different.map(({ install }) => install.id),
      faults: different.map(
        ({ install, connector }) =>
          `${install.id}: ${install.connectorId}/${install.channelId}, sandbox ${JSON.stringify(connector)}`,
      ),
    },
  );
};

const goneWhereUninstalled = ({ report, installs }: Outcome): Check => {
  const live = new Set(
    report.connectors.flatMap(({ id, deletedAt }) => (deletedAt === undefined ? [id] : [])),
  );
  const wrong = [...installs.values()].filter(
    ({ uninstalledAt, connectorId = "" }) => uninstalledAt !== undefined && live.has(connectorId),
  );
  return check("uninstalled, their connector still at Bird", 0, wrong.length, {
    suspects: wrong.map(({ id }) => id),
    faults: wrong.map(({ id, connectorId }) => `${id}: ${connectorId}`),
  });
};

/** A connector at Bird is a completed install's, or a cancelled one's that says it is left or may be. */
const accountedFor = ({ report, installs }: Outcome): Check => {
  const byNumber = Map.groupBy(installs.values(), numberOf);
  const orphans = report.connectors.filter((connector) => {
    if (connector.deletedAt !== undefined) return false;
    const ofNumber = byNumber.get(numberOf(connector)) ?? [];
    return !ofNumber.some(
      (install) =>
        (isInstalled(install) && install.connectorId === connector.id) ||
        (install.status === "cancelled" && saysLeft(install, connector.id)),
    );
  });
  return check("connectors at Bird that no install names", 0, orphans.length, {
    suspects: orphans.flatMap((each) => (byNumber.get(numberOf(each)) ?? []).map(({ id }) => id)),
    faults: orphans.map((each) => JSON.stringify(each)),
  });
};

const saysLeft = ({ connectorId, uninstalledAt, cancellation }: Install, id: string): boolean =>
  connectorId === undefined
    ? (cancellation?.notUndone ?? []).length > 0
    : connectorId === id && uninstalledAt === undefined;

/** An event that no install took is shown; it may be so where its connector was deleted or an install cancelled. */
const unmatchedForAReason = ({ report, installs, unmatched }: Outcome): Check => {
  const byId = new Map(report.connectors.map((each) => [each.id.toLowerCase(), each]));
  const owned = new Set([...installs.values()].filter(isInstalled).map(({ connectorId }) => connectorId));
  const cancelled = new Set(
    [...installs.values()].filter(({ status }) => status === "cancelled").map(numberOf),
  );
  const wrong = unmatched.filter((member) => {
    const connector = byId.get(member.slice(member.indexOf(":") + 1));
    if (connector === undefined || owned.has(connector.id)) return true;
    return connector.deletedAt === undefined && !cancelled.has(numberOf(connector));
  });
  return check("events without an install, for no reason", 0, wrong.length, { faults: wrong });
};
