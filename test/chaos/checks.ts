import { type Install, isEnded } from "../../src/install/install.ts";
import { chaosRequest } from "./chaos-request.ts";
import type { ChaosReport } from "./sandbox-report.ts";

/** One thing that must hold after a run. It holds when what was found is what was expected. */
export interface Check {
  readonly what: string;
  readonly found: number;
  readonly expected: number;
  /** What is wrong, a line each. */
  readonly faults: readonly string[];
  /** Installs to look at. */
  readonly suspects: readonly string[];
}

/** What is known when a run is over. */
export interface Outcome {
  readonly asked: number;
  readonly workspaces: number;
  /** Install ids by number. */
  readonly ids: ReadonlyMap<number, string>;
  /** By install id; lacking where there is none. */
  readonly installs: ReadonlyMap<string, Install>;
  readonly report: ChaosReport;
  readonly waits: readonly { readonly installId: string; readonly result: Install | Error }[];
  readonly twice: readonly string[];
  readonly arrived: readonly string[];
  readonly unmatched: readonly string[];
  readonly crashes: number;
  /** Rejections that Perch let go unhandled in the caller's process: without a listener that ends it. */
  readonly uncaught: readonly string[];
}

export const check = (
  what: string,
  expected: number,
  found: number,
  { faults = [], suspects = [] }: { faults?: readonly string[]; suspects?: readonly string[] } = {},
): Check => ({ what, expected, found, faults, suspects });

/** Everything that must hold, whatever was killed and lost. */
export const checkOutcome = (outcome: Outcome): readonly Check[] => {
  const { asked, ids, installs, waits, twice, arrived, unmatched, crashes, uncaught, report } = outcome;
  const accepted = [...ids.values()];
  const lost = accepted.filter((id) => !installs.has(id));
  const open = [...installs.values()].filter(({ status }) => !isEnded(status));
  const unhappy = [...installs.values()].filter(({ status }) => isEnded(status) && status !== "completed");
  const unresolved = waits.filter(({ result }) => result instanceof Error || !isEnded(result.status));
  const { pending, abandoned } = report.events;
  return [
    check("installs accepted", asked, ids.size),
    check("accepted installs found", ids.size, ids.size - lost.length, { suspects: lost, faults: lost }),
    check("accepted installs ended", ids.size, ids.size - lost.length - open.length, {
      suspects: open.map(({ id }) => id),
      faults: open.map(({ id, status }) => `${id} is ${status}`),
    }),
    check("of those, not completed", 0, unhappy.length, {
      suspects: unhappy.map(({ id }) => id),
      faults: unhappy.map(({ id, status, error }) => `${id} ${status}: ${error?.code} ${error?.message}`),
    }),
    connectorsPerNumber(outcome),
    sameIds(outcome),
    check("waiters resolved", waits.length, waits.length - unresolved.length, {
      suspects: unresolved.map(({ installId }) => installId),
      faults: unresolved.map(({ installId, result }) => `${installId}: ${describe(result)}`),
    }),
    check("numbers with two installs", 0, twice.length, { faults: twice }),
    check("events stored and not consumed", 0, arrived.length, { faults: arrived }),
    check("events without an install", 0, unmatched.length, { faults: unmatched }),
    check("events never acknowledged", 0, pending + abandoned),
    check("processes ended by themselves", 0, crashes),
    check("rejections the producer left unhandled", 0, uncaught.length, { faults: uncaught }),
  ];
};

const connectorsPerNumber = ({ report, ids, workspaces }: Outcome): Check => {
  const repeated = new Set(Object.keys(report.creates).filter((key) => (report.creates[key] ?? 0) > 1));
  const byKey = new Map([...ids].map(([n, id]) => [numberKey(n, workspaces), id]));
  const connectors = report.connectors.filter((each) => repeated.has(`${each.workspaceId}/${each.phoneId}`));
  return check("numbers with two connectors", 0, repeated.size, {
    suspects: [...repeated].flatMap((key) => byKey.get(key) ?? []),
    faults: connectors.map(
      ({ id, workspaceId, phoneId, createdAt }) =>
        `${byKey.get(`${workspaceId}/${phoneId}`)}: connector ${id} made ${createdAt}`,
    ),
  });
};

const sameIds = ({ report, ids, installs, workspaces }: Outcome): Check => {
  const made = new Map(report.connectors.map((each) => [`${each.workspaceId}/${each.phoneId}`, each]));
  const completed = [...ids].flatMap(([n, id]) => {
    const install = installs.get(id);
    return install?.status === "completed"
      ? [{ install, connector: made.get(numberKey(n, workspaces)) }]
      : [];
  });
  const different = completed.filter(
    ({ install, connector }) =>
      connector === undefined ||
      install.connectorId !== connector.id ||
      install.channelId !== connector.channelId,
  );
  return check("completed with the sandbox's ids", completed.length, completed.length - different.length, {
    suspects: different.map(({ install }) => install.id),
    faults: different.map(
      ({ install, connector }) =>
        `${install.id}: ${install.connectorId}/${install.channelId}, sandbox ${connector?.id}/${connector?.channelId}`,
    ),
  });
};

const numberKey = (n: number, workspaces: number): string => {
  const { workspaceId, phoneId } = chaosRequest(n, workspaces);
  return `${workspaceId}/${phoneId}`;
};

const describe = (result: Install | Error): string =>
  result instanceof Error ? result.message : `is ${result.status}`;
