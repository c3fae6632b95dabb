/** One line of an access policy at Bird. */
interface Allowance {
  readonly actions: readonly ("view" | "create" | "delete")[];
  readonly resources: readonly string[];
}

/** What an install needs. */
const connectorAllowances: readonly Allowance[] = [
  { actions: ["create", "view"], resources: ["/workspaces/*/connectors"] },
  {
    actions: ["view"],
    resources: ["/workspaces/*/connectors/*", "/workspaces/*/channels", "/workspaces/*/channels/*"],
  },
];

const subscriptionAllowances = (organizationId: string): readonly Allowance[] => [
  {
    actions: ["view", "create"],
    resources: [`/organizations/${organizationId}/workspaces/*/webhook-subscriptions`],
  },
];

/** What people do now and then: uninstall, rotate the key of a subscription, send a test message. */
const actionAllowances = (organizationId: string): readonly Allowance[] => [
  {
    actions: ["delete"],
    resources: [
      "/workspaces/*/connectors/*",
      `/organizations/${organizationId}/workspaces/*/webhook-subscriptions/*`,
    ],
  },
  { actions: ["create"], resources: ["/workspaces/*/channels/*/messages"] },
];

const sentence = (allowances: readonly Allowance[]): string =>
  allowances.map(({ actions, resources }) => `${listed(actions)} ${listed(resources)}`).join(", ");

const listed = (words: readonly string[]): string =>
  [words.slice(0, -1).join(", "), words.at(-1)].filter(Boolean).join(" and ");

/** What the access key must be allowed, to be given to a role at Bird. */
export const connectorPolicies = sentence(connectorAllowances);

/** The same for webhook subscriptions, of one organization. */
export const subscriptionPolicies = (organizationId: string): string =>
  sentence(subscriptionAllowances(organizationId));

/**
 * The whole as an access policy in Bird's own form, for `docs/bird-setup.md`.
 *
 * @see https://docs.bird.com/api/accounts-api/api-reference/organizations/organization-policies
 */
export const accessPolicy = (organizationId: string) => ({
  name: "Perch",
  description: "Installs WhatsApp numbers",
  definitions: [
    ...connectorAllowances,
    ...subscriptionAllowances(organizationId),
    ...actionAllowances(organizationId),
  ].map(({ actions, resources }) => ({ effect: "allow", actions, resources })),
});
