/** What the access key must be allowed, to be pasted into a role at Bird. */
export const connectorPolicies =
  "create and view /workspaces/*/connectors, view /workspaces/*/connectors/*, /workspaces/*/channels and /workspaces/*/channels/*";

/** The same for webhook subscriptions, of one organization. */
export const subscriptionPolicies = (organizationId: string): string =>
  `view and create /organizations/${organizationId}/workspaces/*/webhook-subscriptions`;
