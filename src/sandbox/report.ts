import type { EventCounts } from "./events/sender.ts";
import type { Connector } from "./state/connector.ts";
import type { Message } from "./state/message.ts";
import type { Store } from "./state/store.ts";

/** A connector that was made, also after its deletion. Times are ISO 8601, UTC. */
interface ReportedConnector {
  readonly id: string;
  readonly workspaceId: string;
  readonly phoneId: string | undefined;
  readonly phoneNumber: string | undefined;
  readonly name: string;
  readonly createdAt: string;
  readonly deletedAt?: string | undefined;
  readonly channelId?: string | undefined;
  readonly channelStatus?: string | undefined;
  /** Hex SHA-256 of the token's UTF-8, to check that the right one was sent. */
  readonly accessTokenSha256: string | undefined;
  /** The create's `x-request-marker` header, else its `user-agent`. */
  readonly createdBy: string | undefined;
}

/** A message that was accepted, with its content. Times are ISO 8601, UTC. */
interface ReportedMessage extends Omit<Message, "createdAtMs"> {
  readonly createdAt: string;
}

/** What the sandbox has received and done since it started or was last reset. */
export interface SandboxReport {
  /** By workspace, then oldest first. */
  readonly connectors: readonly ReportedConnector[];
  /** By workspace, then oldest first. */
  readonly messages: readonly ReportedMessage[];
  /** Connectors made per `workspaceId/phoneId`, deleted ones included: more than 1 is a duplicate. */
  readonly creates: Readonly<Record<string, number>>;
  /**
   * Answers per operation (`exchangeCode` for Meta's, `unknown` for routes there are not) and status. The status `none` counts connections
   * that were closed without an answer.
   */
  readonly requests: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly events: EventCounts;
}

/** Sums up the store. */
export const sandboxReport = ({
  store,
  requests,
  events,
}: {
  readonly store: Store;
  readonly requests: SandboxReport["requests"];
  readonly events: EventCounts;
}): SandboxReport => {
  const connectors: ReportedConnector[] = [];
  const messages: ReportedMessage[] = [];
  const creates: Record<string, number> = {};
  for (const [workspaceId, workspace] of store.workspaces()) {
    for (const connector of workspace.connectors) connectors.push(reported(connector));
    for (const { createdAtMs, ...message } of workspace.messages)
      messages.push({ ...message, createdAt: new Date(createdAtMs).toISOString() });
    for (const [phoneId, made] of workspace.connectorsByPhoneId)
      creates[`${workspaceId}/${phoneId}`] = made.length;
  }
  return { connectors, messages, creates, requests, events };
};

const reported = (connector: Connector): ReportedConnector => {
  const { id, workspaceId, phoneId, phoneNumber, name, channel, deletedAtMs } = connector;
  return {
    id,
    workspaceId,
    phoneId,
    phoneNumber,
    name,
    createdAt: new Date(connector.createdAtMs).toISOString(),
    ...(deletedAtMs !== undefined && { deletedAt: new Date(deletedAtMs).toISOString() }),
    ...(channel !== undefined && { channelId: channel.id, channelStatus: channel.status }),
    accessTokenSha256: connector.accessTokenSha256,
    createdBy: connector.createdBy,
  };
};
