/** Bird's operations that the sandbox plays, under the names that fault rules and reports use. */
export const operations = [
  "create",
  "listConnectors",
  "getConnector",
  "deleteConnector",
  "connectorStatus",
  "listChannels",
  "getChannel",
  "createSubscription",
  "listSubscriptions",
  "getSubscription",
  "deleteSubscription",
] as const;

export type Operation = (typeof operations)[number];
