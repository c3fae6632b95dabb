import type { Install, InstallWithTimeline } from "../api/resources.ts";
import { actorNames } from "../words/actors.ts";

/** What is the matter with an install, who acts next, and how. */
export interface Verdict {
  readonly what: string;
  readonly who: string;
  readonly how: string;
}

const byItself = "Perch, by itself";

/** The last thing its timeline says, which is the reason it waits. */
const lastWord = ({ timeline }: Pick<InstallWithTimeline, "timeline">): string | undefined =>
  timeline.at(-1)?.what;

/** An install's status in a sentence each. */
export const verdictOf = (install: InstallWithTimeline): Verdict => {
  const { status, error, attempts } = install;
  if (status === "failed" && error !== undefined)
    return { what: error.message, who: actorNames[error.actor], how: error.action };
  return verdicts[status]({ ...install, last: lastWord(install), attempts });
};

type Told = Install & { readonly last: string | undefined };

const verdicts: Readonly<Record<Install["status"], (install: Told) => Verdict>> = {
  queued: ({ batchId }) => ({
    what:
      batchId === undefined
        ? "It waits for its turn."
        : "It waits for its turn, or for its batch if that is paused.",
    who: byItself,
    how: "Nothing to do. If this lasts, look whether a worker runs.",
  }),
  submitting: () => ({
    what: "Perch is creating the connector at Bird right now.",
    who: byItself,
    how: "Nothing to do.",
  }),
  retrying: ({ last, attempts }) => ({
    what: `The last try did not succeed${last === undefined ? "." : `: ${last}.`}`,
    who: byItself,
    how: `Nothing to do: Perch tries again${attempts > 0 ? `; creates whose outcome is known: ${attempts}` : ""}.`,
  }),
  held: ({ last }) => ({
    what: `Its workspace is held${last === undefined ? "." : `: ${last}.`}`,
    who: "The operator of the Bird workspace",
    how: "Mend what the reason says; then resume the workspace, or wait: Perch tries again by itself.",
  }),
  awaiting_channel: () => ({
    what: "Bird has the connector and is making the channel.",
    who: "Bird",
    how: "Nothing to do. Perch hears of the channel from Bird, and asks when that takes long.",
  }),
  completed: ({ uninstalledAt }) =>
    uninstalledAt === undefined
      ? { what: "The number is live: its channel exists at Bird.", who: "", how: "" }
      : { what: "It was uninstalled: its connector is deleted at Bird.", who: "", how: "" },
  failed: () => ({
    what: "It failed, and its cause is not kept.",
    who: actorNames.us,
    how: "Retry it.",
  }),
  cancelled: () => ({
    what: "It was cancelled.",
    who: actorNames.us,
    how: "Nothing to do; retry it to start again.",
  }),
};
