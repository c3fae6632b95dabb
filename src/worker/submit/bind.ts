import type { Logger } from "../../log.ts";
import type { InstallData } from "../../queue/installs/data.ts";
import { boundText } from "../../queue/installs/timeline.ts";
import type { Matching } from "../../queue/matching/matching.ts";
import type { AwaitChannel } from "../await-channel.ts";
import { logIds } from "../observe/log.ts";
import type { Run, Step } from "../run.ts";

/** Resolves to undefined when the connector belongs to another install or was deleted. */
export type BindConnector = (
  run: Run,
  connector: { readonly connectorId: string; readonly isAdopted: boolean },
) => Promise<Step | undefined>;

/**
 * Binds a connector to its install: from then on the install is never created again, and its sealed token is deleted.
 * Then waits for the channel, or completes immediately when the event came first.
 */
export const createBindConnector = (deps: {
  readonly matching: Pick<Matching, "bind">;
  readonly awaitChannel: AwaitChannel;
  readonly firstPollMs: number;
  readonly log: Logger;
  readonly now: () => number;
}): BindConnector => {
  const { matching, now, log } = deps;
  return async (run, { connectorId, isAdopted }) => {
    const sinceMs = now();
    const untilMs = sinceMs + deps.firstPollMs;
    const data = {
      ...boundData(run.data, connectorId, sinceMs),
      ...(isAdopted && { adopted: true }),
    };
    const { installId, token } = run;
    const binding = await matching.bind({ installId, connectorId, token, data, parkUntilMs: untilMs });
    const park = {
      kind: "park",
      untilMs,
      connectorId,
      what: boundText(isAdopted),
      attempt: data.attempts,
    } as const;
    switch (binding.kind) {
      case "parked":
        return { ...park, isDone: true };
      case "bound":
        return binding.taken === undefined ? park : deps.awaitChannel({ ...run, data }, binding.taken);
      case "connector_has_other":
      case "connector_gone":
        return undefined;
      case "install_has_other":
        log.error(
          { ...logIds(installId, data), standing: binding.connectorId },
          "incident: Bird has a second connector for one install; the first stands, nothing was deleted",
        );
        return { kind: "park", untilMs: now() };
      case "install_gone":
        log.error(logIds(installId, data), "incident: the install was removed while its connector was made");
        return { kind: "leave", why: "the install is gone" };
    }
  };
};

const boundData = (data: InstallData, connectorId: string, sinceMs: number): InstallData => ({
  request: data.request,
  requestedBy: data.requestedBy,
  connect: data.connect,
  batchId: data.batchId,
  row: data.row,
  retries: data.retries,
  sealedSigningKey: data.sealedSigningKey,
  attempts: data.attempts,
  connectorId,
  waiting: { sinceMs },
});
