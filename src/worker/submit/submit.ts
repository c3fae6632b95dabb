import type { ConnectorCreate, Connectors, CreateOutcome } from "../../bird/connectors.ts";
import { bandOf } from "../../queue/gate/fair-priorities.ts";
import type { CountedCreate, Gate, Passage } from "../../queue/gate/gate.ts";
import type { Hold } from "../../queue/gate/holds.ts";
import type { InstallData } from "../../queue/installs/data.ts";
import { type Seal, type Secrets, UnsealError } from "../../queue/secrets/seal.ts";
import type { WorkerObserver } from "../observe/observer.ts";
import { cancelled, earlyMs, parkHeld, type Run, type Step } from "../run.ts";
import type { AskMeta } from "./ask-meta.ts";
import type { LookAgain } from "./look.ts";
import { type LostCreate, sendWithinMs } from "./lost-create.ts";
import type { Preflight } from "./preflight.ts";
import { redactSecrets } from "./redact-secrets.ts";
import { type SettleCreate, throttledMaxMs } from "./settle.ts";

/** A create is only sent while a tenth of the lock is left, so that its bytes are out before the lock expires. */
const lockShare = 0.9;

/** Outcomes that prove nothing was created; the create is taken back from the number's count. */
const refusals: ReadonlySet<CreateOutcome["kind"]> = new Set([
  "rate_limited",
  "denied",
  "rejected",
  "workspace_not_found",
  "conflict",
  "not_sent",
  "withheld",
]);

/** Outcomes that prove that Bird accepts the workspace's requests again. */
const taken: ReadonlySet<CreateOutcome["kind"]> = new Set([
  "created",
  "rejected",
  "workspace_not_found",
  "conflict",
]);

/**
 * Creates the connector of an install: first looks for it if an earlier run may have created it, then checks the
 * workspace (`preflight.ts`), asks Meta about the number (`ask-meta.ts`), and asks the gate. Nothing is awaited between the gate and the create.
 */
export const createSubmit = (deps: {
  readonly connectors: Pick<Connectors, "create">;
  readonly gate: Pick<Gate, "ask" | "isCancelled" | "takeBack">;
  readonly findHold: (workspaceId: string) => Promise<Hold | undefined>;
  readonly preflight: Preflight;
  /** Undefined: Meta is not asked. */
  readonly askMeta?: AskMeta | undefined;
  readonly seal: Pick<Seal, "open">;
  readonly template: string;
  readonly requestTimeoutMs: number;
  readonly detectLostCreate: (run: Run) => Promise<LostCreate>;
  readonly lookAgain: LookAgain;
  readonly settle: SettleCreate;
  /** Called when Bird accepted the create that probed whether a hold is over. */
  readonly liftHold: (workspaceId: string) => Promise<void>;
  readonly observer: Pick<WorkerObserver, "onGate" | "onSubmit">;
  readonly now: () => number;
  /** This machine's clock, which also advances while the machine sleeps. */
  readonly machineNow?: () => number;
}) => {
  const { gate, observer, now, machineNow = Date.now } = deps;

  const look = async (
    run: Run,
    unanswered: NonNullable<InstallData["unanswered"]>,
    news: string | undefined,
  ): Promise<Step> => {
    if (await gate.isCancelled(run.installId)) return cancelled(run);
    const hold = await deps.findHold(run.data.request.workspaceId);
    if (hold !== undefined) return waitForHold(run, hold, now());
    const looked = await deps.lookAgain(run, unanswered, news);
    // A create may have been sent for it, so nothing that Meta says may end it any more.
    return looked.kind === "not_there" ? pass({ ...run, data: looked.data }, undefined) : looked;
  };

  /** Checks the workspace, then the number at Meta. Without a token nothing is sent, but the install fails only when it would be. */
  const checked = async (
    run: Run,
    opened: Secrets | UnsealError,
    askMeta: AskMeta | undefined,
  ): ReturnType<AskMeta> => {
    if (opened instanceof UnsealError) return { run };
    const obstacle = await deps.preflight(run);
    if (obstacle !== undefined) return { step: obstacle };
    return askMeta === undefined ? { run } : askMeta(run, opened.accessToken);
  };

  const pass = async (before: Run, askMeta: AskMeta | undefined): Promise<Step> => {
    const opened = await openSecrets(deps.seal, before);
    const next = await checked(before, opened, askMeta);
    if ("step" in next) return (await gate.isCancelled(before.installId)) ? cancelled(before) : next.step;
    const { run } = next;
    const { workspaceId, phoneId, phoneNumber } = run.data.request;
    const [askedMs, askedAtMs] = [performance.now(), machineNow()];
    const { slotMs, batchId, canary } = run.data;
    const passage = await gate.ask({
      ...run,
      workspaceId,
      phoneId,
      phoneNumber,
      slotMs,
      band: bandOf(run.data),
      batchId,
      canary,
    });
    observer.onGate({ workspaceId, passage });
    if (passage.kind !== "go") return stopped(run, passage, now());
    if (opened instanceof UnsealError) {
      await gate.takeBack(passage.create);
      const { slotMs: _, ...data } = run.data;
      return {
        kind: "fail",
        failure: { code: opened.code, detail: opened.message },
        data: { ...data, clean: run.runNumber },
      };
    }
    const lastMs = Math.min(passage.lockMs * lockShare, sendWithinMs(deps.requestTimeoutMs));
    // Two clocks: the monotonic one stops while the machine sleeps, the other may be set.
    const maySend = () => performance.now() - askedMs < lastMs && machineNow() - askedAtMs < lastMs;
    return post(run, { secrets: opened, ...passage, maySend });
  };

  const post = async (
    run: Run,
    {
      secrets,
      create,
      isProbe = false,
      maySend,
    }: Pick<Extract<Passage, { kind: "go" }>, "create" | "isProbe"> & {
      readonly secrets: Secrets;
      readonly maySend: () => boolean;
    },
  ): Promise<Step> => {
    const { slotMs: _, ...rest } = run.data;
    // Ends the throttled time of an install that only waited for 429s of others.
    const data = rest.throttled?.times === 0 ? { ...rest, throttled: undefined } : rest;
    const body = createBody(data, secrets, deps.template);
    observer.onSubmit({ installId: run.installId, data });
    const outcome = await deps.connectors
      .create(data.request.workspaceId, body, { signal: run.signal, maySend })
      .catch((error: unknown) => {
        throw redactSecrets(error, [secrets.accessToken, secrets.invitationToken]);
      });
    const step = await settle(run, data, { outcome, create });
    // Failure is harmless: another install probes once this probe has expired.
    if (isProbe && taken.has(outcome.kind))
      await deps.liftHold(data.request.workspaceId).catch(() => undefined);
    return step;
  };

  const settle = async (
    run: Run,
    data: InstallData,
    { outcome, create }: { readonly outcome: CreateOutcome; readonly create: CountedCreate },
  ): Promise<Step> => {
    if (!refusals.has(outcome.kind)) return deps.settle({ ...run, data }, outcome);
    await gate.takeBack(create);
    return deps.settle({ ...run, data: { ...data, clean: run.runNumber } }, outcome);
  };

  return async (run: Run): Promise<Step> => {
    const { data: suspected, news } = await deps.detectLostCreate(run);
    const { held: _, paused: __, nextActionAtMs: ___, ...data } = suspected;
    const next = { ...run, data };
    if (run.signal?.aborted === true)
      return { kind: "park", untilMs: now(), data: { ...data, clean: run.runNumber } };
    return data.unanswered === undefined ? pass(next, deps.askMeta) : look(next, data.unanswered, news);
  };
};

/** Parks for a hold. Counts the time, so that an install that never gets to send its create ends too. */
const waitForHold = (run: Run, hold: Hold, nowMs: number): Step => {
  if (hold.reason !== "rate_limited") return parkHeld(run, hold);
  const throttled = run.data.throttled ?? { sinceMs: nowMs, times: 0 };
  const data = { ...run.data, throttled };
  return nowMs - throttled.sinceMs > throttledMaxMs
    ? { kind: "fail", failure: { code: "rate_limited" }, data: { ...data, clean: run.runNumber } }
    : parkHeld({ ...run, data }, hold);
};

/** Fallback for an install that the resume of its batch does not wake, ms. */
const pauseMs = 3_600_000;

const stopped = (run: Run, passage: Exclude<Passage, { kind: "go" }>, nowMs: number): Step => {
  const data = { ...run.data, clean: run.runNumber };
  switch (passage.kind) {
    case "lock_lost":
      return { kind: "leave", why: "the lock was lost before the create" };
    case "cancelled":
      return cancelled({ ...run, data });
    case "replaced": {
      const detail = `Install ${passage.byId} stands for the number by now; nothing was sent for this one.`;
      return { kind: "fail", failure: { code: "cancelled", detail }, data };
    }
    case "paused":
      return { kind: "park", untilMs: nowMs + pauseMs, data: { ...data, paused: true } };
    case "held":
      return waitForHold(run, passage.hold, nowMs);
    case "wait": {
      // An install before its reserved slot was woken by a fast clock: do not run it again immediately.
      const untilMs =
        run.data.slotMs === undefined ? passage.slotMs : Math.max(passage.slotMs, nowMs + earlyMs);
      return {
        kind: "park",
        untilMs,
        data: { ...data, slotMs: passage.slotMs, nextActionAtMs: untilMs },
      };
    }
    case "exhausted": {
      const detail = `The next one is allowed at ${new Date(passage.nextAtMs).toISOString()}.`;
      return { kind: "fail", failure: { code: "number_attempts_exhausted", detail }, data };
    }
  }
};

const openSecrets = async (
  seal: Pick<Seal, "open">,
  { installId, data }: Run,
): Promise<Secrets | UnsealError> => {
  try {
    const { workspaceId } = data.request;
    return await seal.open(data.sealed ?? "", { installId, workspaceId });
  } catch (error) {
    if (error instanceof UnsealError) return error;
    throw error;
  }
};

const createBody = ({ request }: InstallData, secrets: Secrets, template: string): ConnectorCreate => ({
  name: request.name,
  connectorTemplateRef: template,
  arguments: {
    wabaId: request.wabaId,
    phoneId: request.phoneId,
    phoneNumber: request.phoneNumber,
    mbPhoneId: request.mbPhoneId,
  },
  securityArguments: { oauth: { accessToken: secrets.accessToken } },
  channelConversationalStatusEnabled: request.channelConversationalStatusEnabled,
  invitationToken: secrets.invitationToken,
});
