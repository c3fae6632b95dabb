import type { Install } from "../../src/install/install.ts";
import { seededChance } from "../../src/sandbox/faults/seeded-chance.ts";
import { chaosFaults } from "./chaos-faults.ts";
import type { ChaosReport } from "./sandbox-report.ts";

type Connector = ChaosReport["connectors"][number];

/**
 * Connectors at Bird whose event was acknowledged although nothing came of it that anybody can see: neither an install
 * that names the channel, nor an entry among the events without an install.
 */
export const findSilentEvents = async (run: {
  readonly report: ChaosReport;
  readonly seed: number;
  readonly installs: ReadonlyMap<string, Install>;
  readonly unmatched: readonly string[];
  /** Everything that an install's page says. */
  readonly read: (installId: string) => Promise<string>;
}): Promise<readonly string[]> => {
  const { report, seed, installs, unmatched, read } = run;
  const sent = withEvent(report.connectors, seed);
  const shown = new Set([...installs.values()].map(({ channelId }) => channelId));
  const kept = new Set(unmatched.map((member) => member.slice(member.indexOf(":") + 1)));
  const silent = sent.filter(({ id, channelId }) => !shown.has(channelId) && !kept.has(id.toLowerCase()));
  const byNumber = Map.groupBy(installs.values(), numberOf);
  const looks = silent.map(async (connector) => {
    const ofNumber = byNumber.get(numberOf(connector)) ?? [];
    const pages = await Promise.all(ofNumber.map(({ id }) => read(id)));
    const isTold = pages.some((page) => page.includes(connector.channelId ?? ""));
    const names = ofNumber.map(({ id, status }) => `${id} ${status}`).join(", ");
    return isTold ? [] : [`${connector.id}, channel ${connector.channelId}: ${names}`];
  });
  return (await Promise.all(looks)).flat();
};

const numberOf = ({ workspaceId, phoneId }: { readonly workspaceId: string; readonly phoneId: string }) =>
  `${workspaceId}/${phoneId}`;

/**
 * Those that stand at Bird with a channel whose event was sent: the sandbox decides by seed, number and how many
 * connectors the number had before.
 */
const withEvent = (connectors: readonly Connector[], seed: number): readonly Connector[] => {
  const chance = seededChance(seed);
  const index = chaosFaults.findIndex(({ fault }) => fault.kind === "event_never");
  const { probability = 1 } = chaosFaults[index] ?? { probability: 0 };
  return [...Map.groupBy(connectors, numberOf).values()].flatMap((made) =>
    made
      .toSorted((a, b) => a.createdAt.localeCompare(b.createdAt))
      .filter(({ workspaceId, phoneNumber, channelId, deletedAt }, before) => {
        const isSent = chance(`${index}/${workspaceId}/${phoneNumber}/${before + 1}`) >= probability;
        return isSent && channelId !== undefined && deletedAt === undefined;
      }),
  );
};
