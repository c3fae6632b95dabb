import type { BatchWithFailures } from "../api/resources.ts";
import { ActionButton } from "../ui/action-button.tsx";
import { countText, plural } from "../words/counts.ts";
import { useShowRows } from "./rows-filter.ts";

/** The rows of a batch that are no install request, by what is wrong with them. */
export const Rejects = ({ batch }: { readonly batch: BatchWithFailures }) => {
  const showRows = useShowRows();
  const { id, rejected, rejectsByFault } = batch;
  if (rejected === 0) return null;
  return (
    <section className="panel" aria-labelledby="rejects">
      <div className="panel-head">
        <h2 id="rejects">Rows to correct</h2>
        <span className="quiet">{plural(rejected, "row")}</span>
      </div>
      <p className="quiet">
        They never reached Bird.{" "}
        <a
          className="link inline-link"
          href={`/v1/batches/${id}/results?status=rejected&format=csv`}
          download
        >
          Download them
        </a>
        , correct them, and send that file: only those rows are in it.
      </p>
      <ul className="faults">
        {rejectsByFault.map(({ fault, path, message, count }) => (
          <li key={fault}>
            <span className="cause-count">{countText(count)}</span>
            <span className="fault-text">
              {path === undefined ? (
                "Other faults"
              ) : (
                <>
                  {path !== "" && <code>{path.slice(1)}</code>} <bdi>{message}</bdi>
                </>
              )}
            </span>
            <ActionButton kind="link" onPress={() => showRows({ fault })}>
              Show rows
              <span className="hidden-label">
                {" "}
                with {path?.slice(1)} {message}
              </span>
            </ActionButton>
          </li>
        ))}
      </ul>
    </section>
  );
};
