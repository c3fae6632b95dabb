import { type Install, isEnded } from "../../src/install/install.ts";
import { type Check, check } from "./check.ts";
import { connectorChecks, isInstalled } from "./connector-checks.ts";
import type { People } from "./people.ts";
import type { ChaosReport } from "./sandbox-report.ts";

/** What is known when a run is over. */
export interface Outcome {
  readonly asked: number;
  readonly workspaces: number;
  /** First install ids by number. */
  readonly ids: ReadonlyMap<number, string>;
  /** All install ids that somebody was told. */
  readonly accepted: ReadonlySet<string>;
  /** By install id; lacking where there is none. */
  readonly installs: ReadonlyMap<string, Install>;
  readonly people: Pick<People, "cancelled" | "wrong">;
  readonly report: ChaosReport;
  readonly waits: readonly { readonly installId: string; readonly result: Install | Error }[];
  readonly twice: readonly string[];
  readonly arrived: readonly string[];
  readonly unmatched: readonly string[];
  readonly crashes: number;
  /** Rejections that Perch let go unhandled in the caller's process: without a listener that ends it. */
  readonly uncaught: readonly string[];
  /** Events that were acknowledged and of which nothing is to be seen. */
  readonly silent: readonly string[];
  /** Where access tokens stand in clear. */
  readonly inClear: readonly string[];
}

/** Everything that must hold, whatever was killed and lost, and whatever people did. */
export const checkOutcome = (outcome: Outcome): readonly Check[] => {
  const { asked, ids, accepted, people, arrived, crashes, uncaught, inClear } = outcome;
  const { pending, abandoned } = outcome.report.events;
  const installs = [...outcome.installs.values()];
  const lost = [...accepted].filter((id) => !outcome.installs.has(id));
  const open = installs.filter(({ status }) => !isEnded(status));
  const unhappy = installs.filter(({ id, status }) => {
    const isAsked = status === "cancelled" && people.cancelled.has(id);
    return isEnded(status) && status !== "completed" && !isAsked;
  });
  const unresolved = outcome.waits.filter(({ result }) => result instanceof Error || !isEnded(result.status));
  return [
    check("numbers accepted", asked, ids.size),
    check("accepted installs found", accepted.size, accepted.size - lost.length, {
      suspects: lost,
      faults: lost,
    }),
    check("accepted installs ended", accepted.size, accepted.size - lost.length - open.length, {
      suspects: open.map(({ id }) => id),
      faults: open.map(({ id, status }) => `${id} is ${status}`),
    }),
    check("of those, neither completed nor cancelled by people", 0, unhappy.length, {
      suspects: unhappy.map(({ id }) => id),
      faults: unhappy.map(({ id, status, error }) => `${id} ${status}: ${error?.code} ${error?.message}`),
    }),
    ...connectorChecks(outcome),
    check("waiters resolved", outcome.waits.length, outcome.waits.length - unresolved.length, {
      suspects: unresolved.map(({ installId }) => installId),
      faults: unresolved.map(({ installId, result }) => `${installId}: ${describe(result)}`),
    }),
    check("numbers with two installs, for no reason", 0, outcome.twice.length, { faults: outcome.twice }),
    twoCurrent(installs),
    check("answers to people that are wrong", 0, people.wrong.length, { faults: people.wrong }),
    check("events stored and not consumed", 0, arrived.length, { faults: arrived }),
    check("events acknowledged, neither applied nor shown", 0, outcome.silent.length, {
      faults: outcome.silent,
    }),
    check("events never acknowledged", 0, pending + abandoned),
    check("files with a token in clear", 0, inClear.length, { faults: inClear }),
    check("processes ended by themselves", 0, crashes),
    check("rejections the producer left unhandled", 0, uncaught.length, { faults: uncaught }),
  ];
};

/** An install is current while it lives, and once it has completed until it is uninstalled. */
const twoCurrent = (installs: readonly Install[]): Check => {
  const current = installs.filter((install) => isInstalled(install) || !isEnded(install.status));
  const byNumber = Map.groupBy(current, ({ workspaceId, phoneId }) => `${workspaceId}/${phoneId}`);
  const doubled = [...byNumber.values()].filter(({ length }) => length > 1);
  return check("numbers with two current installs", 0, doubled.length, {
    suspects: doubled.flatMap((ofNumber) => ofNumber.map(({ id }) => id)),
    faults: doubled.map((ofNumber) => ofNumber.map(({ id, status }) => `${id} ${status}`).join(", ")),
  });
};

const describe = (result: Install | Error): string =>
  result instanceof Error ? result.message : `is ${result.status}`;
