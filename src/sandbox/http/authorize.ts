import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { type Answer, errorAnswer } from "./answer.ts";

/** Returns the answer that refuses a call; undefined when it may proceed. */
type Authorize = (request: FastifyRequest) => Answer | undefined;

const pathSchema = z.object({
  workspaceId: z.guid().toLowerCase(),
  organizationId: z.string().toLowerCase().optional(),
});

/**
 * Checks, in this order: the access key (401), that the path names a workspace that may exist and the sandbox's
 * organization (404), and the workspace's rate (429).
 *
 * @see https://docs.bird.com/api/api-access/common-api-usage
 */
export const createAuthorize = ({
  accessKey,
  organizationId,
  reads,
  writes,
}: {
  readonly accessKey: string;
  readonly organizationId: string;
  /** For GET. */
  readonly reads: RateLimit;
  /** For every other method. */
  readonly writes: RateLimit;
}): Authorize => {
  const authorization = `AccessKey ${accessKey}`;
  return (request) => {
    if (request.headers.authorization !== authorization) return errorAnswer(401);
    const path = pathSchema.safeParse(request.params);
    if (!path.success) return errorAnswer(404);
    const { workspaceId, organizationId: named = organizationId } = path.data;
    if (named !== organizationId.toLowerCase()) return errorAnswer(404);
    const limit = request.method === "GET" ? reads : writes;
    return limit(workspaceId) ? undefined : errorAnswer(429);
  };
};

/** Whether the limit allows one more call of a workspace now; counts it if so. */
type RateLimit = (workspaceId: string) => boolean;

/**
 * A token bucket per workspace that holds one second's worth. `perSecond` 0 switches the limit off.
 *
 * @see https://docs.bird.com/api/channels-api/rate-limit
 */
export const createRateLimit = ({
  perSecond,
  now,
}: {
  readonly perSecond: number;
  readonly now: () => number;
}): RateLimit => {
  if (perSecond === 0) return () => true;
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  return (workspaceId) => {
    const atMs = now();
    const bucket = buckets.get(workspaceId);
    if (bucket === undefined) {
      buckets.set(workspaceId, { tokens: perSecond - 1, atMs });
      return true;
    }
    bucket.tokens = Math.min(perSecond, bucket.tokens + ((atMs - bucket.atMs) / 1000) * perSecond);
    bucket.atMs = atMs;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  };
};
