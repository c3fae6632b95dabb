import type { Batch } from "../api/resources.ts";
import { countText } from "./counts.ts";
import { outcomes } from "./outcomes.ts";

/** All rows of a batch as one bar, by what they have come to. */
export const OutcomeBar = ({
  batch,
  isLarge = false,
}: {
  readonly batch: Batch;
  readonly isLarge?: boolean;
}) => {
  const present = outcomes.filter(([member]) => batch[member] > 0);
  const label = present.map(([member, { word }]) => `${word} ${countText(batch[member])}`).join(", ");
  return (
    <div
      className="outcomes"
      data-large={isLarge || undefined}
      role="img"
      aria-label={label === "" ? "No rows yet" : label}
      title={label}
    >
      {present.map(([member, { tone }]) => (
        <span key={member} data-tone={tone} data-outcome={member} style={{ flexGrow: batch[member] }} />
      ))}
    </div>
  );
};
