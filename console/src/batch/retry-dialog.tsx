import { useQuery } from "@tanstack/react-query";
import { api } from "../api/client.ts";
import { answered } from "../api/problem.ts";
import type { Batch, InstallError } from "../api/resources.ts";
import { ActionDialog } from "../ui/action-dialog.tsx";
import { TokenField } from "../ui/token-field.tsx";
import { codeWords } from "../words/actors.ts";
import { plural } from "../words/counts.ts";
import { useRereadBatches } from "./batch-query.ts";

/** Starts failed and cancelled rows of a batch again, once it was shown how many they are. */
export const RetryDialog = ({
  batch,
  code,
  onClose,
}: {
  readonly batch: Batch;
  /** Undefined: all that failed or was cancelled. */
  readonly code?: InstallError["code"];
  readonly onClose: () => void;
}) => {
  const reread = useRereadBatches();
  const path = { id: batch.id };
  const filter = code === undefined ? {} : { errorCode: code };
  const { data: preview, error } = useQuery({
    queryKey: ["batch-retry", batch.id, code],
    queryFn: ({ signal }) =>
      answered(
        api.POST("/v1/batches/{id}/retry", { params: { path }, body: { filter, dryRun: true }, signal }),
      ),
    gcTime: 0,
  });
  const retry = async ({ accessToken = "" }: Readonly<Record<string, string>>) => {
    const replace = accessToken === "" ? {} : { replace: { accessToken } };
    const done = await answered(
      api.POST("/v1/batches/{id}/retry", { params: { path }, body: { filter, ...replace } }),
    );
    await reread();
    return done;
  };
  const count = preview?.matched;
  return (
    <ActionDialog
      title={code === undefined ? "Retry all that did not end well" : `Retry: ${codeWords(code)}`}
      button={count === undefined ? "Retry" : `Retry ${plural(count, "install")}`}
      isBlocked={count === undefined || count === 0}
      act={retry}
      done={({ retried, refused }) =>
        `${plural(retried, "install")} queued again.${refused.length === 0 ? "" : ` Row ${refused[0]?.row}: ${refused[0]?.message}`}`
      }
      onClose={onClose}
    >
      <p aria-live="polite">{previewText(count, code)}</p>
      {error !== null && (
        <p className="refused" role="alert">
          {error.message}
        </p>
      )}
      <p className="quiet">Nothing is created twice: Perch looks for an existing connector first.</p>
      <TokenField label="New access token for all of them" />
    </ActionDialog>
  );
};

const previewText = (count: number | undefined, code: string | undefined): string => {
  if (count === undefined) return "Counting…";
  if (count === 0) return "No install of it can be retried.";
  const verb = count === 1 ? "starts" : "start";
  const which = code === undefined ? "that did not end well" : "with this cause";
  return `${plural(count, "install")} ${which} ${verb} again.`;
};
