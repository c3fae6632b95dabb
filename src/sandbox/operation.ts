/** Bird's operations that the sandbox plays, under the names that fault rules and reports use. */
export const operations = [
  "create",
  "listConnectors",
  "getConnector",
  "deleteConnector",
  "connectorStatus",
  "listChannels",
  "getChannel",
  "sendMessage",
  "createSubscription",
  "listSubscriptions",
  "getSubscription",
  "deleteSubscription",
] as const;

export type Operation = (typeof operations)[number];

/** What reports count: Bird's operations, and Meta's exchange of a code, which no fault rule strikes. */
export type CountedOperation = Operation | "exchangeCode";
