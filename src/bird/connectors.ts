import { z } from "zod";
import { type BirdWords, birdAnswer } from "../install/errors/install-error.ts";
import { isOutsideId } from "../install/values/ids.ts";
import { listOf, member, pageToken, text } from "../install/values/lenient.ts";
import { type DeleteResult, deleteResult, type ReadResult, readResult } from "./answers.ts";
import type { BirdAnswer, BirdClient, BirdRequest } from "./bird-client.ts";
import { birdPath } from "./bird-path.ts";

/** The operations on connectors that an install needs. It never deletes one; only a caller does. */
export interface Connectors {
  /** Sends one create. Calls `maySend` once the connection is established, right before the first byte leaves. */
  create(
    workspaceId: string,
    body: ConnectorCreate,
    options?: Pick<BirdRequest, "signal" | "maySend">,
  ): Promise<CreateOutcome>;
  get(workspaceId: string, connectorId: string): Promise<ReadResult<Connector>>;
  /** Bird's readiness route of the coming channel. Known from integrators only, so a refusal means nothing. */
  readiness(workspaceId: string, connectorId: string): Promise<ReadResult<z.infer<typeof readinessSchema>>>;
  /** One page, 100 at most, of the connectors made from one template. */
  list(workspaceId: string, options: ListOptions): Promise<ReadResult<z.infer<typeof connectorPageSchema>>>;
}

export interface DeletableConnectors extends Connectors {
  /** Deletes the connector and with it its channel, whose messaging stops. */
  delete(workspaceId: string, connectorId: string): Promise<DeleteResult>;
}

const readinessSchema = z.object({
  channel: member(z.object({ status: text, stage: text })),
  number: member(z.object({ status: text })),
});

interface ListOptions {
  readonly templateRef: string;
  readonly pageToken?: string | undefined;
}

/**
 * Bird's connectors of a workspace.
 *
 * @see https://docs.bird.com/api/channels-api/api-reference/channel-connectors
 */
export const createConnectors = (deps: { readonly client: BirdClient }): DeletableConnectors => {
  const listPath = (workspaceId: string): string => birdPath`/workspaces/${workspaceId}/connectors`;
  const path = (workspaceId: string, connectorId: string): string =>
    birdPath`/workspaces/${workspaceId}/connectors/${connectorId}`;
  return {
    create: async (workspaceId, body, options) =>
      createOutcome(
        await deps.client.send({ method: "POST", path: listPath(workspaceId), json: body, ...options }),
      ),
    get: async (workspaceId, connectorId) =>
      readResult(
        connectorSchema,
        await deps.client.send({ method: "GET", path: path(workspaceId, connectorId) }),
      ),
    readiness: async (workspaceId, connectorId) =>
      readResult(
        readinessSchema,
        await deps.client.send({ method: "GET", path: `${path(workspaceId, connectorId)}/status` }),
      ),
    list: async (workspaceId, { templateRef, pageToken }) =>
      readResult(
        connectorPageSchema,
        await deps.client.send({
          method: "GET",
          path: listPath(workspaceId),
          query: { templateRef, limit: 100, ...(pageToken !== undefined && { pageToken }) },
        }),
      ),
    delete: async (workspaceId, connectorId) =>
      deleteResult(await deps.client.send({ method: "DELETE", path: path(workspaceId, connectorId) })),
  };
};

/** What a create's answer means. Branches on the status alone: bodies may be HTML or empty. */
export const createOutcome = (answer: BirdAnswer): CreateOutcome => {
  if (answer.kind === "not_sent") return { kind: "not_sent", reason: answer.reason };
  if (answer.kind === "withheld") return { kind: "withheld" };
  if (answer.kind === "unanswered") return { kind: "unknown", reason: answer.reason, birdStatus: undefined };
  if (answer.status >= 200 && answer.status < 300) return created(answer.status, answer.body);
  return { ...birdAnswer(answer), ...refusedOutcome(answer) };
};

const refusedOutcome = ({
  status,
  body,
  birdCode,
  retryAfterMs,
}: Extract<BirdAnswer, { readonly kind: "answered" }>) => {
  switch (status) {
    case 401:
      return { kind: "denied", code: "unauthorized" } as const;
    case 403:
      return { kind: "denied", code: "forbidden" } as const;
    case 404:
      return { kind: "workspace_not_found", birdCode } as const;
    case 409:
      return { kind: "conflict", birdCode, candidateIds: uuidsIn(body) } as const;
    case 429:
      return { kind: "rate_limited", retryAfterMs } as const;
    default:
      return status >= 400 && status < 500 && status !== 408
        ? ({ kind: "rejected", birdStatus: status, birdCode } as const)
        : ({ kind: "unknown", reason: `HTTP ${status}`, birdStatus: status } as const);
  }
};

const created = (status: number, body: unknown): CreateOutcome => {
  const connector = connectorSchema.safeParse(body);
  return connector.success
    ? { kind: "created", connectorId: connector.data.id }
    : { kind: "unknown", reason: `HTTP ${status} without a connector`, birdStatus: status };
};

/** Every UUID among the strings of `details`: Bird documents no member's name for the existing connector. */
const uuidsIn = (body: unknown): string[] => {
  const parsed = z.object({ details: z.unknown() }).safeParse(body);
  const text = parsed.success ? JSON.stringify(parsed.data.details ?? null) : "";
  return [...new Set(text.match(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi) ?? [])].slice(0, 10);
};

/**
 * Bird's connector, as far as Perch reads it. Unknown members pass; every member but the id is read by itself, so
 * that one Perch does not need spoils none that it needs.
 *
 * `channel` is absent until the channel exists. `arguments` are probably echoed from the create, which is
 * not promised.
 *
 * @see https://docs.bird.com/api/channels-api/api-reference/channel-connectors
 */
const knownMembers = {
  name: text,
  arguments: member(z.object({ wabaId: text, phoneId: text, phoneNumber: text })),
  channel: member(z.object({ channelId: text })),
  number: member(z.object({ phoneNumber: text })),
};

export const connectorSchema = z.object({ id: z.string().refine(isOutsideId), ...knownMembers });

/** A connector in a list, whose id may be one that Perch cannot use. */
const listedSchema = z.object({ id: member(z.string().refine(isOutsideId)), ...knownMembers });

export type Connector = z.infer<typeof connectorSchema>;

export type ListedConnector = z.infer<typeof listedSchema>;

/** The members by which a connector is attributed to an install. */
export type ConnectorLikeness = Omit<Connector, "id">;

/** One page of connectors. A missing `nextPageToken` is the end of the list. */
const connectorPageSchema = z.object({ results: listOf(listedSchema), nextPageToken: pageToken });

/** The body of a create. Closed at Bird's side: a member not named here would be refused with 422. */
export interface ConnectorCreate {
  readonly name: string;
  readonly connectorTemplateRef: string;
  readonly arguments: {
    readonly wabaId: string;
    readonly phoneId: string;
    readonly phoneNumber: string;
    readonly mbPhoneId?: string | undefined;
  };
  readonly securityArguments: { readonly oauth: { readonly accessToken: string } };
  readonly channelConversationalStatusEnabled?: boolean | undefined;
  readonly invitationToken?: string | undefined;
}

/**
 * The outcomes of one create: a closed set. `worker/submit/settle.ts` decides what follows each of them.
 */
export type CreateOutcome =
  | { readonly kind: "created"; readonly connectorId: string }
  /** Refused for now, and provably not carried out. */
  | ({ readonly kind: "rate_limited"; readonly retryAfterMs: number | undefined } & Partial<BirdWords>)
  /** The key is wrong, not the install. */
  | ({ readonly kind: "denied"; readonly code: "unauthorized" | "forbidden" } & Partial<BirdWords>)
  | ({ readonly kind: "rejected"; readonly birdStatus: number } & BirdWords)
  | ({ readonly kind: "workspace_not_found" } & BirdWords)
  /** Bird answers that such a connector exists; `candidateIds` are UUIDs found in the answer's details. */
  | ({ readonly kind: "conflict"; readonly candidateIds: readonly string[] } & BirdWords)
  /** No byte of the request left. */
  | { readonly kind: "not_sent"; readonly reason: string }
  /** This run may have lost its lock, so it did not send. */
  | { readonly kind: "withheld" }
  /** It may have been carried out: look before repeating it. */
  | ({
      readonly kind: "unknown";
      readonly reason: string;
      readonly birdStatus: number | undefined;
    } & Partial<BirdWords>);
