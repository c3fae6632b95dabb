import type { ReadResult } from "../../bird/answers.ts";
import { createSubscriptions, type Subscription } from "../../bird/subscriptions.ts";
import { type Check, fail, ok, type Verdict, warn } from "../check.ts";
import { type DoctorContext, needSetting } from "../context.ts";
import { SkipCheck } from "../skip-check.ts";
import { eachWorkspace, subscriptionPolicies } from "./bird.ts";
import { needSigning } from "./webhook.ts";

/** Whether Bird sends each workspace's `channel.created` to the webhook service. */
export const birdSubscriptionsCheck: Check = {
  id: "bird_subscription",
  run: async (context) => {
    const client = context.bird();
    const organizationId = needSetting(context, "BIRD_ORGANIZATION_ID");
    const subscriptions = createSubscriptions({ client, organizationId });
    return eachWorkspace("bird_subscription", context, async (workspaceId) => {
      const listed = await subscriptions.list(workspaceId);
      if (listed.kind !== "found") return notListed(listed, context, workspaceId);
      return checkSubscriptions(listed.value, expectedWebhooks(context, workspaceId));
    });
  },
};

const notListed = async (
  read: Exclude<ReadResult<readonly Subscription[]>, { readonly kind: "found" }>,
  { config, listConnectors }: DoctorContext,
  workspaceId: string,
): Promise<Verdict> => {
  switch (read.kind) {
    case "unauthorized":
      throw new SkipCheck("Bird refuses the access key.");
    case "forbidden":
      return fail(
        "The access key may not view webhook subscriptions (HTTP 403).",
        `Give the role of BIRD_ACCESS_KEY these policies: ${subscriptionPolicies(config.BIRD_ORGANIZATION_ID ?? "{organization}")}.`,
      );
    case "not_found": {
      const connectors = await listConnectors(workspaceId);
      if (connectors.kind === "answered" && connectors.status === 404)
        throw new SkipCheck("Bird does not know the workspace.");
      return fail(
        "Bird knows the workspace, but not in the organization of BIRD_ORGANIZATION_ID (HTTP 404).",
        "Set BIRD_ORGANIZATION_ID to the UUID of the organization that the workspace and the access key belong to.",
      );
    }
    case "unavailable":
      return warn(
        `Bird does not list the webhook subscriptions (${read.reason}).`,
        "Run perch doctor again; 429 means Bird's rate limit, 5xx that Bird has trouble.",
      );
  }
};

const filterText = "filter platformId=whatsapp";

/** Checks a workspace's subscriptions: whether one exists, is exactly right, is duplicated, or is nearly right. */
const checkSubscriptions = (
  subscriptions: readonly Subscription[],
  expected: readonly [ExpectedWebhook, ...ExpectedWebhook[]],
): Verdict => {
  const created = subscriptions.filter(
    ({ service, event }) => service === "channels" && event === "channel.created",
  );
  const urls = new Set(expected.map(({ url }) => url));
  const ours = created.filter(({ url }) => urls.has(withoutQuery(url ?? "")));
  if (ours.length === 0) return noneOfOurs(created, expected[0]);
  const delivering = ours.filter((subscription) => filterProblem(subscription)?.status !== "fail");
  if (delivering.length > 1)
    return warn(
      `${delivering.length} subscriptions send channel.created here: every event comes ${delivering.length} times.`,
      `In Bird, delete all but one of ${delivering.map(({ id = "one without an id" }) => id).join(", ")}. Duplicates do no harm but count against Bird's limit of five.`,
    );
  const [first] = delivering.length > 0 ? delivering : ours;
  return (
    (first && filterProblem(first)) ??
    ok("One subscription sends channel.created of WhatsApp to the webhook service.")
  );
};

const withoutQuery = (url: string): string => url.split("?")[0] ?? url;

/** The problem of a subscription whose filters block channel events or let others through. */
const filterProblem = ({ id = "without an id", eventFilters }: Subscription): Verdict | undefined => {
  const platforms = eventFilters.filter(({ key }) => key === "platformId").map(({ value }) => value);
  const other = platforms.find((value) => value !== "whatsapp");
  const renew = `In Bird, delete subscription ${id} and make it again with ${filterText} alone, same URL and signing key.`;
  if (other !== undefined)
    return fail(`The subscription's filter is platformId=${other}: no event of WhatsApp is sent.`, renew);
  const narrow = eventFilters.find(({ key }) => key !== "platformId");
  if (narrow !== undefined)
    return warn(
      `The subscription filters by ${narrow.key}=${narrow.value} too: events of other channels are not sent.`,
      renew,
    );
  return platforms.length === 0
    ? warn("The subscription has no filter: events of other platforms come too.", renew)
    : undefined;
};

/** The result when no subscription has the right address; one may differ slightly. */
const noneOfOurs = (created: readonly Subscription[], { url, key }: ExpectedWebhook): Verdict => {
  const make = `service channels, event channel.created, ${filterText}, url ${url}, signed with ${key}`;
  const near = created
    .map((subscription) => ({ subscription, difference: urlDifference(url, subscription.url ?? "") }))
    .find(({ difference }) => difference !== undefined);
  if (near !== undefined)
    return fail(
      `The subscription to channel.created goes to another address: ${near.difference}. Every event is lost or refused, as the address is part of the signature.`,
      `In Bird, delete subscription ${near.subscription.id} and make one of ${make}; or correct WEBHOOK_PUBLIC_URL.`,
    );
  const others = created.length === 0 ? "" : ` (${created.length} to addresses of others)`;
  return fail(
    `No subscription sends channel.created to the webhook service${others}: installs wait until Perch asks Bird.`,
    `In Bird, make a subscription of ${make}.`,
  );
};

/** Where a workspace's events must go, by the settings. */
interface ExpectedWebhook {
  readonly url: string;
  /** Which key signs there, in words. */
  readonly key: string;
}

/**
 * The address a workspace's subscription must have, then others that the webhook service would accept too.
 * With a master secret each workspace has a path and a key of its own.
 *
 * @throws {SkipCheck} when `WEBHOOK_PUBLIC_URL` or every signing key is missing.
 */
const expectedWebhooks = (
  context: Pick<DoctorContext, "config" | "problems">,
  workspaceId: string,
): readonly [ExpectedWebhook, ...ExpectedWebhook[]] => {
  const shared = `${needSetting(context, "WEBHOOK_PUBLIC_URL")}/webhooks/bird`;
  const { WEBHOOK_SIGNING_SECRET, WEBHOOK_SIGNING_KEYS } = needSigning(context);
  const own = {
    url: `${shared}/${workspaceId}`,
    key: "the key derived from WEBHOOK_SIGNING_SECRET for this workspace",
  };
  const plain = { url: shared, key: "the first key of WEBHOOK_SIGNING_KEYS" };
  const hasKeys = WEBHOOK_SIGNING_KEYS !== undefined;
  if (WEBHOOK_SIGNING_SECRET !== undefined) return hasKeys ? [own, plain] : [own];
  return [plain, { url: own.url, key: plain.key }];
};

/**
 * How an address differs from the expected one, when it seems to be that of the same service; undefined when it seems to
 * be another's.
 */
const urlDifference = (expected: string, actual: string): string | undefined => {
  const wanted = URL.parse(expected);
  const found = URL.parse(actual);
  if (wanted === null || found === null) return undefined;
  const samePath = plainPath(wanted) === plainPath(found);
  if (wanted.host !== found.host && !samePath) return undefined;
  const differences = [
    ...(wanted.protocol === found.protocol
      ? []
      : [`scheme ${found.protocol.slice(0, -1)} instead of ${wanted.protocol.slice(0, -1)}`]),
    ...(wanted.host === found.host ? [] : [`host ${found.host} instead of ${wanted.host}`]),
    ...pathDifference(wanted.pathname, found.pathname),
  ];
  return differences.length === 0 ? "it is written differently" : differences.join(", ");
};

const plainPath = ({ pathname }: URL): string => pathname.toLowerCase().replace(/\/+$/, "");

const pathDifference = (wanted: string, found: string): readonly string[] => {
  if (wanted === found) return [];
  if (`${wanted}/` === found) return ["a slash at the end"];
  if (wanted.toLowerCase() === found.toLowerCase()) return ["letter case of its path"];
  return [`path ${found} instead of ${wanted}`];
};
