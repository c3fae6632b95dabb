import { api } from "../api/client.ts";
import { answered } from "../api/problem.ts";
import type { Batch, DryRun } from "../api/resources.ts";
import { type Sent, uploadForm } from "../api/upload.ts";
import { type Draft, formOf, leavesOut } from "./draft.ts";

interface How {
  readonly dryRun?: true;
  readonly checkMeta?: true;
  readonly name?: string;
  readonly canary?: number;
  readonly haltAt?: number;
}

const send = (draft: Draft, query: How, onSent: (sent: Sent) => void): Promise<DryRun | Batch> => {
  const form = formOf(draft);
  return answered(
    api.POST("/v1/batches", {
      params: { query: { ...query, ...(leavesOut(draft) && { ignoreUnknownColumns: true }) } },
      // The document knows the file as text; a browser sends it as it is.
      body: { file: draft.file.name },
      bodySerializer: () => form,
      fetch: (request) => uploadForm(request, { form, onSent }),
    }),
  );
};

/** What the server says of each row, without sending any. */
export const checkDraft = async (draft: Draft, onSent: (sent: Sent) => void): Promise<DryRun> => {
  const report = await send(draft, { dryRun: true, ...(draft.asksMeta && { checkMeta: true }) }, onSent);
  if ("finishBasis" in report) return report;
  throw new TypeError("The API sent the file instead of checking it.");
};

/** Sends the rows. @returns the batch they are in. */
export const startDraft = async (
  draft: Draft,
  how: Omit<How, "dryRun" | "checkMeta">,
  onSent: (sent: Sent) => void,
): Promise<Batch> => {
  const batch = await send(draft, how, onSent);
  if ("id" in batch) return batch;
  throw new TypeError("The API checked the file instead of sending it.");
};
