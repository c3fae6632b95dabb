import type { Channel } from "./channel.ts";
import type { Connector } from "./connector.ts";
import type { Message } from "./message.ts";
import type { Subscription } from "./subscription.ts";

/** The contents of one workspace. The lists only grow: deleted items stay in them, marked. */
interface Workspace {
  readonly connectors: Connector[];
  readonly channels: Channel[];
  readonly messages: Message[];
  readonly subscriptions: Subscription[];
  readonly connectorsByPhoneId: Map<string, Connector[]>;
}

/** Everything the simulated Bird holds, in memory. */
export interface Store {
  /** Any workspace exists; it is created on first use. */
  readonly workspace: (workspaceId: string) => Workspace;
  readonly workspaces: () => Iterable<readonly [workspaceId: string, Workspace]>;
  readonly addConnector: (connector: Connector) => void;
  /** A connector of this workspace that is not deleted. */
  readonly connector: (workspaceId: string, connectorId: string) => Connector | undefined;
  readonly addChannel: (connector: Connector, channel: Channel) => void;
  /** The connector whose channel this is, unless it is deleted. */
  readonly connectorOfChannel: (workspaceId: string, channelId: string) => Connector | undefined;
  readonly clear: () => void;
}

/** Creates an empty store. `subscriptionsOf` returns the subscriptions of a new workspace. */
export const createStore = ({
  subscriptionsOf,
}: {
  readonly subscriptionsOf: (workspaceId: string) => Subscription[];
}): Store => {
  const workspaces = new Map<string, Workspace>();
  const connectors = new Map<string, Connector>();
  const connectorsByChannel = new Map<string, Connector>();

  const workspace = (workspaceId: string): Workspace => {
    const known = workspaces.get(workspaceId);
    if (known !== undefined) return known;
    const subscriptions = subscriptionsOf(workspaceId);
    const made = {
      connectors: [],
      channels: [],
      messages: [],
      subscriptions,
      connectorsByPhoneId: new Map(),
    };
    workspaces.set(workspaceId, made);
    return made;
  };

  return {
    workspace,
    workspaces: () => workspaces,
    addConnector: (connector) => {
      const { connectors: list, connectorsByPhoneId } = workspace(connector.workspaceId);
      connectors.set(connector.id, connector);
      list.push(connector);
      if (connector.phoneId === undefined) return;
      const sameNumber = connectorsByPhoneId.get(connector.phoneId);
      if (sameNumber === undefined) connectorsByPhoneId.set(connector.phoneId, [connector]);
      else sameNumber.push(connector);
    },
    connector: (workspaceId, connectorId) => live(connectors.get(connectorId.toLowerCase()), workspaceId),
    addChannel: (connector, channel) => {
      workspace(connector.workspaceId).channels.push(channel);
      connectorsByChannel.set(channel.id, connector);
      connector.channel = channel;
      connector.updatedAtMs = channel.createdAtMs;
    },
    connectorOfChannel: (workspaceId, channelId) =>
      live(connectorsByChannel.get(channelId.toLowerCase()), workspaceId),
    clear: () => {
      workspaces.clear();
      connectors.clear();
      connectorsByChannel.clear();
    },
  };
};

const live = (connector: Connector | undefined, workspaceId: string): Connector | undefined =>
  connector?.workspaceId === workspaceId && connector.deletedAtMs === undefined ? connector : undefined;
