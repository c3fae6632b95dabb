import type { ConnectorCreate } from "../bird/connector.ts";
import type { Connectors } from "../bird/connectors.ts";
import type { Holds } from "../queue/holds.ts";
import type { InstallData } from "../queue/install-data.ts";
import { type Seal, type Secrets, UnsealError } from "../queue/seal.ts";
import type { LookAgain } from "./look-again.ts";
import type { Run, Step } from "./run.ts";
import type { SettleCreate } from "./settle-create.ts";

/** An earlier call may still be on its way for its whole time-out and a little more. */
const callMarginMs = 1000;

/**
 * One try at creating the connector: not while the workspace is held, and not before Perch has looked when
 * an earlier run may have created it.
 */
export const createSubmit = (deps: {
  readonly connectors: Connectors;
  readonly holds: Holds;
  readonly seal: Seal;
  readonly template: string;
  readonly requestTimeoutMs: number;
  readonly lookAgain: LookAgain;
  readonly settle: SettleCreate;
  readonly now: () => number;
}) => {
  const { holds, now } = deps;

  /** The run's data with "a create may be out" written down, when the run before ended without a word. */
  const withSuspicion = (run: Run): InstallData => {
    const { unanswered, clean } = run.data;
    if (unanswered !== undefined || run.number === 1 || clean === run.number - 1) return run.data;
    const overMs = now() + deps.requestTimeoutMs + callMarginMs;
    return { ...run.data, unanswered: { sinceMs: overMs, looks: 0 } };
  };

  const post = async (run: Run, data: InstallData): Promise<Step> => {
    const secrets = await openSecrets(deps.seal, data);
    if (secrets === undefined) {
      const detail = "The sealed token cannot be opened: its key must be among SEALING_KEYS.";
      return { kind: "fail", failure: { code: "internal", detail }, data };
    }
    const body = createBody(data, secrets, deps.template);
    const outcome = await deps.connectors.create(data.request.workspaceId, body, run.signal);
    return deps.settle({ ...run, data }, outcome);
  };

  return async (run: Run): Promise<Step> => {
    const { held: _, nextActionAtMs: __, ...data } = withSuspicion(run);
    const clean = { ...data, clean: run.number };
    if (run.signal?.aborted === true) return { kind: "park", untilMs: now(), data: clean };
    const hold = await holds.find(data.request.workspaceId);
    if (hold !== undefined) {
      const { reason, untilMs } = hold;
      const what = `held: ${reason === "rate_limited" ? "Bird asked to slow down" : "Bird refuses the access key"}`;
      return { kind: "park", untilMs, data: { ...clean, held: reason, nextActionAtMs: untilMs }, what };
    }
    if (data.unanswered === undefined) return post(run, data);
    const looked = await deps.lookAgain({ ...run, data }, data.unanswered);
    return looked.kind === "not_there" ? post(run, looked.data) : looked;
  };
};

const openSecrets = async (seal: Seal, data: InstallData): Promise<Secrets | undefined> => {
  try {
    return await seal.open(data.sealed ?? "");
  } catch (error) {
    if (error instanceof UnsealError) return undefined;
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
