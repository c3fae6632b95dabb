import { api } from "../api/client.ts";
import type { operations } from "../api/document.ts";
import { answered } from "../api/problem.ts";
import type { InstallStatus } from "../api/resources.ts";
import { asTarget, type ListFilter } from "./filter.ts";

export type ManyAction = "retry" | "cancel";

/** Installs by their ids, or all that match a filter. */
export type Picked = { readonly ids: readonly string[] } | { readonly filter: ListFilter };

interface Refusal {
  readonly installId: string;
  readonly message: string;
}

export interface Done {
  readonly matched: number;
  /** Acted on; none in a count. */
  readonly done: number;
  /** Why others were not; the first of each call. */
  readonly refused: readonly Refusal[];
}

/** Ids that a call takes. */
const idsMax = 1000;

type RetryBody = operations["retryInstalls"]["requestBody"]["content"]["application/json"];
type CancelBody = operations["cancelInstalls"]["requestBody"]["content"]["application/json"];

/** Statuses that each action is for. */
const retried = ["failed", "cancelled"] as const;
const cancelled = ["queued", "submitting", "retrying", "held", "awaiting_channel"] as const;

/** The filters of one action: ids are cut in as many as a call takes. */
const filtersOf = <S extends InstallStatus>(
  picked: Picked,
  statuses: readonly S[],
): readonly ({ readonly ids: string[] } | NonNullable<ReturnType<typeof asTarget<S>>>)[] => {
  if ("filter" in picked) {
    const target = asTarget(picked.filter, statuses);
    return target === undefined ? [] : [target];
  }
  const { ids } = picked;
  return Array.from({ length: Math.ceil(ids.length / idsMax) }, (_, at) => ({
    ids: ids.slice(at * idsMax, (at + 1) * idsMax),
  }));
};

interface Step extends Done {
  readonly nextCursor?: string | undefined;
}

const nothing: Done = { matched: 0, done: 0, refused: [] };

/** Asks until each filter is looked through. @param onStep Hears how far it is. */
const throughAll = async <F>(
  filters: readonly F[],
  ask: (filter: F, cursor: string | undefined) => Promise<Step>,
  onStep: (done: Done) => void,
): Promise<Done> => {
  let total = nothing;
  for (const filter of filters) {
    let cursor: string | undefined;
    do {
      const step: Step = await ask(filter, cursor);
      total = {
        matched: total.matched + step.matched,
        done: total.done + step.done,
        refused: [...total.refused, ...step.refused],
      };
      onStep(total);
      cursor = step.nextCursor;
    } while (cursor !== undefined);
  }
  return total;
};

export interface ManyHow {
  readonly dryRun?: true;
  /** Of a retry: the token of all of them. */
  readonly accessToken?: string;
  readonly signal?: AbortSignal;
  readonly onStep?: (done: Done) => void;
}

const retryStep = async (body: RetryBody, signal: AbortSignal | undefined): Promise<Step> => {
  const { retried: done, ...step } = await answered(
    api.POST("/v1/installs/retry", { body, ...(signal && { signal }) }),
  );
  return { ...step, done };
};

const cancelStep = async (body: CancelBody, signal: AbortSignal | undefined): Promise<Step> => {
  const { cancelled: done, ...step } = await answered(
    api.POST("/v1/installs/cancel", { body, ...(signal && { signal }) }),
  );
  return { ...step, done };
};

/** Acts on what is picked, or counts it. */
export const actOnMany = (
  action: ManyAction,
  picked: Picked,
  { dryRun, accessToken = "", signal, onStep = () => undefined }: ManyHow,
): Promise<Done> => {
  const common = (cursor: string | undefined) => ({
    ...(dryRun && { dryRun }),
    ...(cursor !== undefined && { cursor }),
  });
  if (action === "cancel")
    return throughAll(
      filtersOf(picked, cancelled),
      (filter, cursor) => cancelStep({ filter, ...common(cursor) }, signal),
      onStep,
    );
  const replace = accessToken === "" ? {} : { replace: { accessToken } };
  return throughAll(
    filtersOf(picked, retried),
    (filter, cursor) => retryStep({ filter, ...replace, ...common(cursor) }, signal),
    onStep,
  );
};
