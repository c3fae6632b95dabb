import { z } from "zod";
import { isOutsideId } from "../install/values/ids.ts";
import { listOf, member, pageToken, text } from "../install/values/lenient.ts";
import type { SubscriptionProblem } from "../install/workspace-state.ts";
import {
  type DeleteResult,
  deleteResult,
  type ReadResult,
  type Refusal,
  readResult,
  refusalOf,
} from "./answers.ts";
import type { BirdClient, BirdRequest } from "./bird-client.ts";
import { birdPath } from "./bird-path.ts";

/** Subscriptions with one combination of event and filters that Bird allows in a workspace. */
export const sameFiltersMax = 5;

/** Pages of 100 walked at most. */
const pagesMax = 100;

export interface Subscriptions {
  /**
   * Every subscription of the workspace, over all pages. `beforePage` is awaited before each GET, so that a
   * caller can keep to a budget.
   */
  list(
    workspaceId: string,
    options?: { readonly beforePage?: (() => Promise<void>) | undefined },
  ): Promise<ReadResult<readonly Subscription[]>>;
  /**
   * Creates one. Bird accepts a second identical one, so list before, and again after an `unavailable`.
   */
  create(
    workspaceId: string,
    body: SubscriptionCreate,
    options?: Pick<BirdRequest, "maySend">,
  ): Promise<{ readonly kind: "created" } | Refusal>;
  delete(workspaceId: string, subscriptionId: string): Promise<DeleteResult>;
}

/**
 * Bird's webhook subscriptions of a workspace. There is no documented way to change one: delete and create.
 *
 * @see https://docs.bird.com/api/notifications-api/api-reference/webhook-subscriptions
 */
export const createSubscriptions = (deps: {
  readonly client: BirdClient;
  /** `BIRD_ORGANIZATION_ID`. */
  readonly organizationId: string;
}): Subscriptions => {
  const { client } = deps;
  const path = (workspaceId: string): string =>
    birdPath`/organizations/${deps.organizationId}/workspaces/${workspaceId}/webhook-subscriptions`;
  return {
    list: async (workspaceId, { beforePage } = {}) => {
      const found: Subscription[] = [];
      let pageToken: string | undefined;
      for (let page = 0; page < pagesMax; page += 1) {
        await beforePage?.();
        const query = { limit: 100, ...(pageToken !== undefined && { pageToken }) };
        const answer = await client.send({ method: "GET", path: path(workspaceId), query });
        const read = readResult(subscriptionPageSchema, answer);
        if (read.kind !== "found") return read;
        found.push(...read.value.results);
        pageToken = read.value.nextPageToken;
        if (pageToken === undefined) return { kind: "found", value: found };
      }
      return { kind: "unavailable", reason: "the list of subscriptions does not end" };
    },
    create: async (workspaceId, body, options) =>
      refusalOf(await client.send({ method: "POST", path: path(workspaceId), json: body, ...options })) ?? {
        kind: "created",
      },
    delete: async (workspaceId, subscriptionId) =>
      deleteResult(
        await client.send({
          method: "DELETE",
          path: birdPath`/organizations/${deps.organizationId}/workspaces/${workspaceId}/webhook-subscriptions/${subscriptionId}`,
        }),
      ),
  };
};

/**
 * Bird's webhook subscription, as far as Perch reads it. Reads do not show its signing key.
 *
 * @see https://docs.bird.com/api/notifications-api/api-reference/webhook-subscriptions
 */
const subscriptionSchema = z.object({
  id: member(z.string().refine(isOutsideId)),
  service: text,
  event: text,
  url: text,
  /** An unreadable filter counts as one with unknown content. */
  eventFilters: z
    .union([listOf(z.object({ key: text, value: text })), z.null().transform(() => [])])
    .optional()
    .transform((filters) => filters ?? [])
    .catch([{ key: undefined, value: undefined }]),
});

export type Subscription = z.infer<typeof subscriptionSchema>;

/** One page of subscriptions. A missing `nextPageToken` is the end of the list. */
const subscriptionPageSchema = z.object({
  results: listOf(subscriptionSchema),
  nextPageToken: pageToken,
});

/** The body of a create. Closed at Bird's side; `url` must be https without a port there. */
export interface SubscriptionCreate {
  readonly service: "channels";
  readonly event: string;
  readonly url: string;
  /** Free text chosen by the receiver; it is used as it is, not decoded. */
  readonly signingKey: string;
  /** All of them must hold for an event to be sent. */
  readonly eventFilters: readonly { readonly key: string; readonly value: string }[];
}

const resource = "/organizations/{organization}/workspaces/*/webhook-subscriptions";

const badKey: SubscriptionProblem = {
  cause: "bad_key",
  what: "Bird refused the access key",
  fix: "set a valid BIRD_ACCESS_KEY",
};

const unknownWorkspace: SubscriptionProblem = {
  cause: "unknown_workspace",
  what: "Bird does not know the organization or the workspace",
  fix: "check BIRD_ORGANIZATION_ID",
};

const noPolicy = (action: "view" | "create" | "delete"): Omit<SubscriptionProblem, "cause"> => ({
  what: "the access key has no policy for it",
  fix: `give its role ${action} on ${resource}`,
});

const away = (reason: string): SubscriptionProblem => ({
  cause: "away",
  what: `Bird does not answer (${reason})`,
  fix: "look at its status page",
});

/** Why a workspace's subscriptions could not be listed. */
export const listProblem = (
  read: Exclude<ReadResult<unknown>, { readonly kind: "found" }>,
): SubscriptionProblem => {
  switch (read.kind) {
    case "unauthorized":
      return badKey;
    case "forbidden":
      return { cause: "may_not_view", ...noPolicy("view") };
    case "not_found":
      return unknownWorkspace;
    case "unavailable":
      return away(read.reason);
  }
};

/** Why a subscription to an event could not be made. */
export const createProblem = (refusal: Refusal, event: string): SubscriptionProblem => {
  switch (refusal.kind) {
    case "denied":
      return refusal.code === "unauthorized" ? badKey : { cause: "may_not_create", ...noPolicy("create") };
    case "not_found":
      return unknownWorkspace;
    case "rejected":
      return {
        cause: "refused",
        what: `Bird refused the subscription to ${event} (HTTP ${refusal.birdStatus})`,
        fix: "check that the address is https with a host name and no port",
      };
    case "rate_limited":
      return away("HTTP 429");
    case "unavailable":
      return away(refusal.reason);
  }
};

/** Why an old subscription stays. */
export const deleteProblem = (
  refusal: Extract<Refusal, { readonly kind: "denied" | "unavailable" }>,
): Omit<SubscriptionProblem, "cause"> => {
  if (refusal.kind === "unavailable") return away(refusal.reason);
  return refusal.code === "unauthorized" ? badKey : noPolicy("delete");
};
