import type { InstallError } from "../api/resources.ts";
import { Copyable } from "../ui/copyable.tsx";
import { Facts } from "../ui/facts.tsx";

/** What Bird said, in its own words; nothing where Bird said nothing. */
export const BirdsAnswer = ({ error }: { readonly error: InstallError }) => {
  const { birdStatus, birdCode, birdMessage, birdDetails, birdRequestId } = error;
  if (birdStatus === undefined && birdMessage === undefined) return null;
  return (
    <section className="panel" aria-labelledby="birds-answer">
      <div className="panel-head">
        <h2 id="birds-answer">Bird's answer</h2>
        {birdStatus !== undefined && <code>{[birdStatus, birdCode].filter(Boolean).join(" ")}</code>}
      </div>
      {birdMessage !== undefined && (
        <blockquote dir="auto" className="words">
          {birdMessage}
        </blockquote>
      )}
      <Facts
        facts={[
          ["It names", birdDetails?.join(", ")],
          ["Request", birdRequestId && <Copyable label="Bird's request id" value={birdRequestId} />],
        ]}
      />
    </section>
  );
};
