import type { Finding, Stats } from "../api/resources.ts";
import type { Tone } from "../ui/tone.ts";

/** How all is, in a sentence, and what to do about it. */
export interface Headline {
  readonly tone: Tone;
  readonly what: string;
  readonly fix?: string | undefined;
  /** A screen that shows more of it. */
  readonly to?: { readonly path: string; readonly name: string };
}

/** The worst finding of the doctor, or else the worst figure. */
export const headlineOf = (stats: Stats, checks: readonly Finding[] | undefined): Headline => {
  const worst = checks?.find(({ status }) => status === "fail") ?? undefined;
  if (worst !== undefined) return fromFinding(worst, "bad");
  const figure = fromFigures(stats);
  if (figure !== undefined) return figure;
  const warning = checks?.find(({ status }) => status === "warn");
  if (warning !== undefined) return fromFinding(warning, "warning");
  return { tone: "good", what: checks === undefined ? "Nothing is stuck." : "Everything works." };
};

const fromFinding = ({ summary, fix }: Finding, tone: Tone): Headline => ({
  tone,
  what: summary,
  fix,
  to: { path: "/setup", name: "All checks" },
});

const fromFigures = ({ now }: Stats): Headline | undefined => {
  const { heldWorkspaces, notifications } = now;
  if (!now.processes.some(({ role }) => role === "worker" || role === "start") && now.inFlight > 0)
    return {
      tone: "bad",
      what: `No worker reports, and ${now.inFlight} ${now.inFlight === 1 ? "install waits" : "installs wait"}.`,
      fix: "Start one: perch worker.",
    };
  if (heldWorkspaces.unauthorized > 0)
    return {
      tone: "bad",
      what: `Bird refuses the access key of ${workspaces(heldWorkspaces.unauthorized)}.`,
      fix: "Store a new access key for it, then resume it.",
      to: { path: "/workspaces?held=true", name: "Workspaces that are held" },
    };
  if (notifications.dead > 0)
    return {
      tone: "warning",
      what: `${notifications.dead} ${notifications.dead === 1 ? "notification was" : "notifications were"} given up.`,
      fix: "Mend the receiver, then send them again.",
      to: { path: "/notifications?status=failed", name: "Notifications that were given up" },
    };
  return undefined;
};

const workspaces = (count: number): string => (count === 1 ? "a workspace" : `${count} workspaces`);
