import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { ProblemError } from "../http/problem.ts";
import { cursorSchema, isPositionCursor } from "../install/values/cursor.ts";
import type { Logger } from "../log.ts";
import { maskedUrl } from "../notify/masked-url.ts";
import { type SendTestEvent, testEventSchema } from "../notify/send-test-event.ts";
import {
  type CountedNotifications,
  isSameUrl,
  newReceiver,
  notificationReceiverSchema,
  receiversOf,
} from "../queue/outbox/receivers.ts";
import { manyResentSchema, type ResendMany } from "../queue/outbox/resend-many.ts";
import type { Notification } from "../queue/outbox/view.ts";
import { type Caller, callerOf } from "./auth/reach.ts";
import {
  mayActOn,
  type NotificationReachDeps,
  reachesNotification,
  viewForCaller,
} from "./notification-reach.ts";
import { answer, problems } from "./server/answers.ts";
import { limitSchema } from "./server/parameters.ts";
import type { StreamingRequests } from "./server/streaming.ts";

const receiversSchema = z
  .object({
    items: z.array(notificationReceiverSchema.meta({ id: "NotificationReceiver" })).readonly(),
    counted: z.int().meta({ description: "Notifications that the figures are counted over." }),
    isComplete: z.boolean().meta({
      description: "Whether those are all that are kept, and all their receivers are in `items`.",
    }),
  })
  .meta({ id: "NotificationReceivers" });

const testResultSchema = testEventSchema.meta({
  id: "TestEventResult",
  description: "How the receiver answered. Nothing of the body of its answer is read out or kept.",
});

const urlSchema = z
  .string("must be a URL")
  .refine((text) => URL.canParse(text), "must be a URL")
  .meta({ description: "The receiver, as the list of receivers shows it." });

const onlyOne = "must name one receiver by `url`, or say `all: true`";

const resendSchema = z
  .strictObject({
    url: urlSchema.optional(),
    all: z.literal(true, "must be true").optional().meta({ description: "Those of every receiver." }),
    dryRun: z.boolean("must be true or false").optional().meta({ description: "Only counts them." }),
    cursor: cursorSchema(isPositionCursor).meta({
      description: "`nextCursor` of the call before, to go on from there.",
    }),
  })
  .refine(({ url, all }) => (url === undefined) !== (all === undefined), onlyOne);

export interface NotificationReceiversDeps extends NotificationReachDeps {
  readonly readCounted: () => Promise<CountedNotifications>;
  readonly resendMany: ResendMany;
  readonly sendTestEvent: SendTestEvent;
  /** `NOTIFY_URL`. */
  readonly notifyUrl: string | undefined;
  readonly log: Logger;
}

/** The routes about receivers of notifications. */
export const addNotificationReceivers = (
  server: FastifyInstance,
  deps: NotificationReceiversDeps & { readonly streaming: StreamingRequests },
): void => {
  const { resendMany, sendTestEvent, streaming, log } = deps;
  const routes = server.withTypeProvider<ZodTypeProvider>();
  routes.get(
    "/v1/notifications/receivers",
    {
      config: { scope: "read", reach: "workspaces" },
      schema: {
        operationId: "listNotificationReceivers",
        tags: ["notifications"],
        summary: "List receivers of notifications",
        description:
          "Each URL with how its notifications ended, those with the most dead letters first. Counted over the newest 2,000 notifications and the newest 2,000 dead letters that are kept: `isComplete` says whether that is all.",
        querystring: z.strictObject({ limit: limitSchema }),
        response: { 200: answer(receiversSchema, "The receivers.") },
      },
    },
    async (request) => {
      const caller = callerOf(request);
      const { newest, dead, isComplete } = await readWithin(deps, caller);
      const found = receiversOf({ newest, dead });
      const { notifyUrl } = deps;
      const isNew = notifyUrl !== undefined && !found.some(({ url }) => isSameUrl(url, notifyUrl));
      const all = isNew && caller.workspaces === undefined ? [...found, newReceiver(notifyUrl)] : found;
      const { limit } = request.query;
      return {
        items: all.slice(0, limit),
        counted: new Set([...newest, ...dead].map(({ id }) => id)).size,
        isComplete: isComplete && all.length <= limit,
      };
    },
  );
  routes.post(
    "/v1/notifications/resend",
    {
      config: { scope: "admin", reach: "workspaces" },
      schema: {
        operationId: "resendNotifications",
        tags: ["notifications"],
        summary: "Send the dead letters of a receiver again",
        description:
          "A call sends 1,000 at most, the latest given up first; while `isComplete` is false, the same body with `cursor` set to `nextCursor` goes on. Each keeps its `webhook-id`. A key for some workspaces sends those to the `callbackUrl` of its installs.",
        bodyExamples: {
          count: {
            summary: "How many it would be",
            value: { url: "https://crm.example.com/perch", dryRun: true },
          },
          receiver: { summary: "Those of one receiver", value: { url: "https://crm.example.com/perch" } },
          all: { summary: "Those of every receiver", value: { all: true } },
        },
        body: resendSchema,
        response: { 200: answer(manyResentSchema, "How many there are, and were sent again.") },
      },
    },
    async (request) => {
      const caller = callerOf(request);
      const { url, dryRun, cursor } = request.body;
      const isMeant = async (one: Notification): Promise<boolean> =>
        (url === undefined || isSameUrl(one.url, url)) && (await mayActOn(deps, caller, one));
      const done = await resendMany({ isMeant, dryRun, cursor });
      const { matched, resent } = done;
      if (dryRun !== true)
        log.info(
          { requestId: request.id, matched, resent, ...(url !== undefined && { url: maskedUrl(url) }) },
          "dead letters queued again",
        );
      return done;
    },
  );
  routes.post(
    "/v1/notifications/test",
    {
      config: { scope: "write", reach: "workspaces" },
      schema: {
        operationId: "sendTestEvent",
        tags: ["notifications"],
        summary: "Send a test event to a receiver",
        description:
          "Sends an event of the type `perch.test` once, signed as every notification is and refused where they are, and answers how the receiver did. The URL must be `NOTIFY_URL` or that of one of the newest 2,000 notifications; for a key for some workspaces, the `callbackUrl` of an install there.",
        bodyExamples: {
          receiver: { summary: "One receiver", value: { url: "https://crm.example.com/perch" } },
        },
        body: z.strictObject({ url: urlSchema }),
        response: { 200: answer(testResultSchema, "How the receiver answered."), ...problems(404, 429) },
      },
    },
    async (request, reply) => {
      streaming.waiting.acquire(reply);
      const { url } = request.body;
      await requireKnown(deps, callerOf(request), url);
      const result = await sendTestEvent(url, streaming.abortSignalFor(reply));
      const { isDelivered, status } = result;
      log.info(
        { requestId: request.id, url: maskedUrl(url), isDelivered, httpStatus: status },
        "a test event was sent",
      );
      return result;
    },
  );
};

/** What is counted, as far as the caller sees it and as it sees it. */
const readWithin = async (
  deps: Pick<NotificationReceiversDeps, "readCounted" | "batches">,
  caller: Caller,
): Promise<CountedNotifications> => {
  const counted = await deps.readCounted();
  if (caller.workspaces === undefined) return counted;
  const shown = async (all: readonly Notification[]): Promise<readonly Notification[]> => {
    const areShown = await Promise.all(all.map((one) => reachesNotification(deps, caller, one)));
    return all.filter((_, at) => areShown[at]).map((one) => viewForCaller(caller, one));
  };
  return { ...counted, newest: await shown(counted.newest), dead: await shown(counted.dead) };
};

/** @throws {ProblemError} 404: the URL is no receiver that the caller may act on, so that no key sends requests anywhere. */
const requireKnown = async (deps: NotificationReceiversDeps, caller: Caller, url: string): Promise<void> => {
  const { notifyUrl } = deps;
  if (caller.workspaces === undefined && notifyUrl !== undefined && isSameUrl(url, notifyUrl)) return;
  const { newest, dead } = await deps.readCounted();
  for (const one of [...newest, ...dead])
    if (isSameUrl(one.url, url) && (await mayActOn(deps, caller, one))) return;
  throw new ProblemError({
    status: 404,
    code: "not_found",
    detail:
      "This URL is no receiver Perch knows: a test goes to NOTIFY_URL, or to where one of the newest notifications went.",
  });
};
