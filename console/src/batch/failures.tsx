import { useState } from "react";
import type { BatchWithFailures } from "../api/resources.ts";
import { mayDo, useSession } from "../session/session.tsx";
import { ActionButton } from "../ui/action-button.tsx";
import { Facts } from "../ui/facts.tsx";
import { ScreenLink } from "../ui/link.tsx";
import { actorNames, codeWords } from "../words/actors.ts";
import { countText, plural } from "../words/counts.ts";
import { RetryDialog } from "./retry-dialog.tsx";
import { useShowRows } from "./rows-filter.ts";

type Cause = BatchWithFailures["failuresByCode"][number];

/** The failed rows of a batch by cause: how many, who acts, what to do. */
export const Failures = ({ batch }: { readonly batch: BatchWithFailures }) => {
  const { failed, failuresByCode } = batch;
  const uncoded = failed - failuresByCode.reduce((sum, { count }) => sum + count, 0);
  if (failed === 0) return null;
  return (
    <section className="panel" aria-labelledby="failures">
      <div className="panel-head">
        <h2 id="failures">Failures by cause</h2>
        <span className="quiet">{plural(failed, "row")}</span>
      </div>
      <ul className="causes">
        {failuresByCode.map((cause) => (
          <CauseItem key={cause.code} batch={batch} cause={cause} />
        ))}
      </ul>
      {uncoded > 0 && (
        <p className="quiet">{plural(uncoded, "row")} failed without a known cause: the table has them.</p>
      )}
    </section>
  );
};

const CauseItem = ({ batch, cause }: { readonly batch: BatchWithFailures; readonly cause: Cause }) => {
  const { code, count, actor, action, birdMessage, examples } = cause;
  const [isRetrying, setRetrying] = useState(false);
  const showRows = useShowRows();
  const mayWrite = mayDo(useSession(), "write");
  return (
    <li>
      <div className="cause-head">
        <h3>{codeWords(code)}</h3>
        <span className="cause-count">{countText(count)}</span>
      </div>
      <Facts
        facts={[
          ["Who acts", actorNames[actor]],
          ["What to do", action],
          ["Bird says", birdMessage !== undefined && <q dir="auto">{birdMessage}</q>],
          ["Such as", examples.length > 0 && <Examples examples={examples} />],
        ]}
      />
      <div className="cause-actions">
        <ActionButton onPress={() => showRows({ statuses: ["failed"], code })}>Show rows</ActionButton>
        {mayWrite && <ActionButton onPress={() => setRetrying(true)}>Retry these…</ActionButton>}
      </div>
      {isRetrying && <RetryDialog batch={batch} code={code} onClose={() => setRetrying(false)} />}
    </li>
  );
};

const Examples = ({ examples }: { readonly examples: Cause["examples"] }) => (
  <ul>
    {examples.map(({ row, installId, errorMessage }) => (
      <li key={row}>
        <ScreenLink to={`/installs/${installId}`}>row {row}</ScreenLink>: <bdi>{errorMessage}</bdi>
      </li>
    ))}
  </ul>
);
