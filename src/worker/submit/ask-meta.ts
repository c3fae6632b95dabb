import { errorCatalogue } from "../../install/errors/error-catalogue.ts";
import type { Logger } from "../../log.ts";
import type { CheckNumber, Judgement } from "../../meta/check-number.ts";
import type { Finding } from "../../meta/judge.ts";
import { bandOf } from "../../queue/gate/fair-priorities.ts";
import { type InstallStore, LockLostError } from "../../queue/installs/store.ts";
import { logIds } from "../observe/log.ts";
import type { Run, Step } from "../run.ts";

/** Returns the run, which may go on, or the step of an install that must not be created now. Takes no slot of any budget at Bird. */
export type AskMeta = (
  run: Run,
  accessToken: string,
) => Promise<{ readonly run: Run } | { readonly step: Step }>;

/** How long what Meta said of an install is believed, ms: one that backs off for longer is looked at again. */
const believedMs = 3_600_000;
/** How long a run waits in its slot for its turn at Meta, ms. */
const patienceMs = 1000;
/** How long an install that must be checked waits for the budget in all, ms; then it goes on. */
const parkedMaxMs = 60_000;
const parkMinMs = 1000;
const parkMaxMs = 15_000;

/**
 * Asks Meta about the number before its install is created. What Meta does not answer never stops an install: the timeline
 * says so. With `require`, a finding ends the install before the gate, so that no create and no attempt of the number is
 * spent; `warn` only writes it down.
 *
 * It writes nothing but lines of the timeline. When Meta was asked is kept in the run's data, which is stored with
 * whatever the run does next: a run that dies before that asks once more.
 */
export const createAskMeta = (deps: {
  readonly check: CheckNumber;
  readonly mode: "warn" | "require";
  readonly store: Pick<InstallStore, "note">;
  readonly log: Logger;
  readonly now: () => number;
}): AskMeta => {
  const { check, mode, store, log, now } = deps;

  const note = async ({ installId, token }: Run, what: string, finding?: Finding): Promise<void> => {
    const details = finding && { code: finding.code, severity: finding.severity };
    // The gate finds out by itself that the lock is lost.
    await store.note({ installId, token, what, details: { ...details } }).catch((error: unknown) => {
      if (!(error instanceof LockLostError)) throw error;
    });
  };

  const writeDown = async (run: Run, { findings, unasked }: Judgement): Promise<void> => {
    for (const finding of findings) await note(run, `preflight at Meta: ${findingText(finding)}`, finding);
    if (unasked !== undefined) await note(run, `not checked at Meta: ${unasked}`);
    if (findings.length === 0) return;
    const codes = findings.map(({ code }) => code);
    log.warn({ ...logIds(run.installId, run.data), codes }, "Meta shows that an install may not work");
  };

  return async (run, accessToken) => {
    const { metaCheck = { sinceMs: now() }, ...data } = run.data;
    if (metaCheck.atMs !== undefined && now() - metaCheck.atMs < believedMs) return { run };
    const { wabaId, phoneId, phoneNumber } = data.request;
    const judgement = await check(
      { token: accessToken, wabaId, phoneId, phoneNumber },
      { use: bandOf(data), patienceMs },
    );
    const failing =
      mode === "require" ? judgement.findings.find(({ severity }) => severity === "error") : undefined;
    if (failing !== undefined) {
      await writeDown(run, { findings: judgement.findings.filter((finding) => finding !== failing) });
      const { code, detail } = failing;
      return { step: { kind: "fail", failure: { code, detail }, data: { ...data, clean: run.runNumber } } };
    }
    const { freeInMs } = judgement;
    if (mode === "require" && freeInMs !== undefined && now() - metaCheck.sinceMs < parkedMaxMs) {
      const untilMs = now() + Math.min(parkMaxMs, Math.max(parkMinMs, freeInMs));
      const waiting = { ...data, metaCheck, clean: run.runNumber, nextActionAtMs: untilMs };
      return { step: { kind: "park", untilMs, data: waiting } };
    }
    await writeDown(run, judgement);
    return { run: { ...run, data: { ...data, metaCheck: { ...metaCheck, atMs: now() } } } };
  };
};

const findingText = ({ code, detail }: Finding): string => {
  const { message } = errorCatalogue[code];
  return detail === undefined ? message : `${message} ${detail}`;
};
