import type { Subscription } from "../../bird/subscription.ts";
import type { ExpectedWebhook } from "./expected-webhooks.ts";
import { fail, ok, type Verdict, warn } from "./finding.ts";
import { urlDifference } from "./url-difference.ts";

const filterText = "filter platformId=whatsapp";

/** Judges a workspace's subscriptions: is there one, is it exactly right, is there more than one, or one that is nearly right? */
export const judgeSubscriptions = (
  subscriptions: readonly Subscription[],
  expected: readonly [ExpectedWebhook, ...ExpectedWebhook[]],
): Verdict => {
  const created = subscriptions.filter(
    ({ service, event }) => service === "channels" && event === "channel.created",
  );
  const urls = new Set(expected.map(({ url }) => url));
  const ours = created.filter(({ url }) => urls.has(withoutQuery(url ?? "")));
  if (ours.length === 0) return noneOfOurs(created, expected[0]);
  const heard = ours.filter((subscription) => filterFault(subscription)?.status !== "fail");
  if (heard.length > 1)
    return warn(
      `${heard.length} subscriptions send channel.created here: every event comes ${heard.length} times.`,
      `In Bird, delete all but one of ${heard.map(({ id = "one without an id" }) => id).join(", ")}. Duplicates do no harm but count against Bird's limit of five.`,
    );
  const [first] = heard.length > 0 ? heard : ours;
  return (
    (first && filterFault(first)) ??
    ok("One subscription sends channel.created of WhatsApp to the webhook service.")
  );
};

const withoutQuery = (url: string): string => url.split("?")[0] ?? url;

/** What its filters keep away, or let through. */
const filterFault = ({ id = "without an id", eventFilters }: Subscription): Verdict | undefined => {
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

/** No subscription has the right address; one may nearly have it. */
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
