import type { BatchWithFailures } from "../api/resources.ts";
import { Copyable } from "../ui/copyable.tsx";
import { Moment } from "../ui/moment.tsx";
import { Screen } from "../ui/screen.tsx";
import { NotFresh, Unread } from "../ui/states.tsx";
import { StatusMark } from "../ui/status-mark.tsx";
import { batchLooks } from "../words/batch-status.ts";
import { BatchActions } from "./actions.tsx";
import { useBatch } from "./batch-query.ts";
import { Failures } from "./failures.tsx";
import { Pace } from "./pace.tsx";
import { Progress } from "./progress.tsx";
import { Rejects } from "./rejects.tsx";
import { Rows } from "./rows.tsx";

/** How far, how fast, what fails, what to do. */
export const BatchScreen = ({ params }: { readonly params: { readonly id: string } }) => {
  const reading = useBatch(params.id);
  const { data: batch } = reading;
  if (batch === undefined)
    return (
      <Screen title="Batch">
        <Unread reading={reading} label="Reading the batch" />
      </Screen>
    );
  return (
    <Screen title={batch.name} lead={<Lead batch={batch} />} actions={<BatchActions batch={batch} />}>
      <NotFresh stale={reading.stale} />
      <div className="stack">
        <Progress batch={batch} />
        <Failures batch={batch} />
        <Rejects batch={batch} />
        <Pace batch={batch} />
        <Rows batch={batch} />
      </div>
    </Screen>
  );
};

const Lead = ({ batch }: { readonly batch: BatchWithFailures }) => (
  <p className="lead batch-lead">
    <StatusMark look={batchLooks[batch.status]} />
    <span>
      started <Moment at={batch.createdAt} />
      {batch.requestedBy !== undefined && (
        <>
          {" "}
          by <bdi>{batch.requestedBy}</bdi>
        </>
      )}
    </span>
    {batch.finishedAt !== undefined && (
      <span>
        ended <Moment at={batch.finishedAt} />
      </span>
    )}
    <Copyable label="batch id" value={batch.id} />
  </p>
);
