import { randomUUID } from "node:crypto";
import { birdPath } from "../../bird/bird-path.ts";
import { type CreatePermission, createMayCreate } from "../../bird/may-create.ts";
import { type Check, type Finding, fail, ok, type Verdict, warn } from "../check.ts";
import { type DoctorContext, requireAnswer } from "../context.ts";
import { failureReason } from "../failure-reason.ts";
import { verdictOf } from "../run-checks.ts";
import { SkipCheck } from "../skip-check.ts";

/** One finding a workspace; an error in one does not affect the others. */
export const eachWorkspace = async (
  id: string,
  context: DoctorContext,
  check: (workspaceId: string) => Promise<Verdict>,
): Promise<readonly Finding[]> =>
  Promise.all(
    (await context.workspaces()).map(async (workspaceId) => ({
      id: `${id}:${workspaceId}`,
      ...(await check(workspaceId).catch(verdictOf)),
    })),
  );

/** Whether a server answers at `BIRD_API_URL`; sent without the key. */
export const birdReachableCheck: Check = {
  id: "bird",
  run: async ({ probeBird }) => {
    try {
      const { status } = await probeBird();
      return status < 500
        ? ok("Bird answers at BIRD_API_URL.")
        : fail(
            `BIRD_API_URL answers HTTP ${status}.`,
            "Look at Bird's status page; if BIRD_API_URL is set, check it.",
          );
    } catch (error) {
      if (error instanceof SkipCheck) throw error;
      return fail(
        `BIRD_API_URL cannot be reached (${failureReason(error)}).`,
        "Check BIRD_API_URL (https://api.bird.com unless set) and that this machine may connect out.",
      );
    }
  },
};

const skewMaxMs = 30_000;

/** Whether this machine's clock is that of Bird, by the `Date` header, which has whole seconds. */
export const birdClockCheck: Check = {
  id: "bird_clock",
  run: async ({ probeBird }) => {
    const { dateMs, atMs } = await probeBird().catch((error: unknown) => {
      throw error instanceof SkipCheck ? error : new SkipCheck("Bird cannot be reached.");
    });
    if (dateMs === undefined) throw new SkipCheck("Bird's answer has no Date header.");
    const skewMs = atMs - (dateMs + 500);
    if (Math.abs(skewMs) <= skewMaxMs) return ok("This machine and Bird agree on the time.");
    return warn(
      `This machine's clock is ${Math.round(Math.abs(skewMs) / 1000)} s ${skewMs < 0 ? "behind" : "ahead of"} Bird's.`,
      "Synchronise this machine's clock (NTP): an event from the future is refused, and WEBHOOK_MAX_AGE_MS counts from Bird's timestamp.",
    );
  },
};

/** Whether Bird accepts the access key. Without a workspace it is tried on a made-up one, which changes nothing. */
export const birdKeyCheck: Check = {
  id: "bird_key",
  run: async ({ bird, workspaces, listConnectors }) => {
    bird();
    const [known] = await workspaces().catch(() => []);
    const answer = await listConnectors(known ?? randomUUID());
    if (answer.kind !== "answered") throw new SkipCheck(`Bird does not answer (${answer.reason}).`);
    if (answer.status === 401)
      return fail(
        "Bird refuses the access key (HTTP 401).",
        "Set BIRD_ACCESS_KEY to a valid key that has a role; in Bird: Settings, Security, Access keys.",
      );
    return known === undefined
      ? ok(`Bird does not refuse the access key (HTTP ${answer.status} for a made-up workspace).`)
      : ok("Bird accepts the access key.");
  },
};

/** Whether the key may create connectors, as far as that can be known without creating one. */
export const birdCreateCheck: Check = {
  id: "bird_create",
  run: async (context) => {
    const mayCreate = createMayCreate({ client: context.bird() });
    return eachWorkspace("bird_create", context, async (workspaceId) =>
      createVerdictOf(await mayCreate(workspaceId)),
    );
  },
};

const createVerdictOf = (permission: CreatePermission): Verdict => {
  switch (permission.kind) {
    case "seems_allowed":
      return ok(
        `The access key seems to be allowed to create connectors. Inferred: Bird validated an empty create (HTTP ${permission.birdStatus}) rather than refuse the key.`,
      );
    case "forbidden":
      return fail(
        "The access key may not create connectors (HTTP 403).",
        `Give the role of BIRD_ACCESS_KEY these policies: ${connectorPolicies}.`,
      );
    case "workspace_not_found":
      throw new SkipCheck("Bird does not know the workspace.");
    case "unauthorized":
      throw new SkipCheck("Bird refuses the access key.");
    case "created":
      return fail(
        "Bird took an empty create, which its reference excludes: look for a connector without a name.",
        "Delete that connector in Bird, and do not run perch doctor with this BIRD_API_URL again.",
      );
    case "unclear":
      return warn(
        `Whether the access key may create connectors is unknown (${permission.reason}).`,
        "Run perch doctor again; 429 means Bird's rate limit, 5xx that Bird has trouble.",
      );
  }
};

/** Whether the key may read connectors and channels, without which a create that was not answered cannot be looked up. */
export const birdViewCheck: Check = {
  id: "bird_view",
  run: async (context) => {
    const client = context.bird();
    return eachWorkspace("bird_view", context, async (workspaceId) => {
      const channels = birdPath`/workspaces/${workspaceId}/channels`;
      const [connectorsAnswer, channelsAnswer] = await Promise.all([
        context.listConnectors(workspaceId),
        client.send({ method: "GET", path: channels, query: { platform: "whatsapp", limit: 1 } }),
      ]);
      return viewVerdictOf(requireAnswer(connectorsAnswer).status, requireAnswer(channelsAnswer).status);
    });
  },
};

const viewVerdictOf = (connectors: number, channels: number): Verdict => {
  if (connectors === 404)
    return fail(
      "Bird does not know the workspace (HTTP 404).",
      "Check the UUID: the ws_… text in Bird's addresses does not work. It must belong to BIRD_ACCESS_KEY's organization.",
    );
  const refused = [...(connectors === 403 ? ["connectors"] : []), ...(channels === 403 ? ["channels"] : [])];
  if (refused.length > 0)
    return fail(
      `The access key may not view ${refused.join(" and ")} (HTTP 403): a lost answer ends as ambiguous_submission.`,
      `Give the role of BIRD_ACCESS_KEY these policies: ${connectorPolicies}.`,
    );
  const isFine = [connectors, channels].every((status) => status < 300);
  return isFine
    ? ok("The access key may view connectors and channels.")
    : warn(
        `Bird answers HTTP ${connectors} for connectors and ${channels} for channels.`,
        "Run perch doctor again; 429 means Bird's rate limit, 5xx that Bird has trouble.",
      );
};

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

/** What operators do now and then: uninstall, rotate the key of a subscription, send a test message. */
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

/** The policy for the access key's role at Bird. */
export const connectorPolicies = sentence(connectorAllowances);

/** The policy for webhook subscriptions of one organization. */
export const subscriptionPolicies = (organizationId: string): string =>
  sentence(subscriptionAllowances(organizationId));

/**
 * Both as an access policy in Bird's form, for `docs/bird-setup.md`.
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
