import assert from "node:assert/strict";
import test from "node:test";
import type { Install } from "../../../src/install/install.ts";
import { chaosRequest } from "../../chaos/chaos-request.ts";
import { isHolding } from "../../chaos/check.ts";
import { checkOutcome, type Outcome } from "../../chaos/checks.ts";

const { workspaceId, name, wabaId, phoneId, phoneNumber } = chaosRequest(0, 1);
const at = "2026-11-28T12:00:00.000Z";
const later = "2026-11-28T12:00:01.000Z";

const install: Install = {
  ...{ workspaceId, name, wabaId, phoneId, phoneNumber },
  channelConversationalStatusEnabled: true,
  id: "first",
  status: "completed",
  attempts: 1,
  connectorId: "c1",
  channelId: "ch1",
  createdAt: at,
  updatedAt: at,
};
const connector = {
  ...{ id: "c1", workspaceId, phoneId, phoneNumber, channelId: "ch1", createdAt: at },
};
const cancelled: Install = { ...install, status: "cancelled" };

type Change = Partial<Omit<Outcome, "installs">> & {
  readonly installs?: readonly Install[];
  readonly connectors?: Outcome["report"]["connectors"];
};

const outcomeOf = ({ installs = [install], connectors = [connector], ...change }: Change): Outcome => ({
  ...{ asked: 1, workspaces: 1, ids: new Map([[0, "first"]]), accepted: new Set(["first"]) },
  installs: new Map(installs.map((each) => [each.id, each])),
  people: { cancelled: new Set(), wrong: [] },
  report: {
    ...{ connectors, creates: {}, requests: {} },
    events: { sent: 1, acknowledged: 1, refused: 0, pending: 0, abandoned: 0 },
  },
  ...{ waits: [], twice: [], arrived: [], unmatched: [], silent: [], inClear: [], crashes: 0, uncaught: [] },
  ...change,
});

const broken = (change: Change): readonly string[] =>
  checkOutcome(outcomeOf(change))
    .filter((each) => !isHolding(each))
    .map(({ what }) => what);

const gone = { ...connector, deletedAt: later };
const second = { ...connector, id: "c2", channelId: "ch2", createdAt: later };

const holding: readonly (readonly [string, Change])[] = [
  ["an install that completed", {}],
  [
    "one that people cancelled",
    { installs: [cancelled], people: { cancelled: new Set(["first"]), wrong: [] } },
  ],
  ["one that was uninstalled", { installs: [{ ...install, uninstalledAt: later }], connectors: [gone] }],
  [
    "a second connector once the first was deleted",
    {
      installs: [
        { ...install, uninstalledAt: later },
        { ...install, id: "again", connectorId: "c2", channelId: "ch2" },
      ],
      connectors: [gone, second],
    },
  ],
];
for (const [what, change] of holding) {
  test(`a chaos run holds with ${what}`, () => {
    assert.deepEqual(broken(change), []);
  });
}

const notHolding: readonly (readonly [string, Change])[] = [
  ["accepted installs found", { installs: [], connectors: [] }],
  ["accepted installs ended", { installs: [{ ...install, status: "queued" }], connectors: [] }],
  ["of those, neither completed nor cancelled by people", { installs: [cancelled] }],
  ["numbers with two connectors at a time", { connectors: [connector, gone] }],
  ["completed, their connector as it is at Bird", { connectors: [gone] }],
  ["uninstalled, their connector still at Bird", { installs: [{ ...install, uninstalledAt: later }] }],
  ["connectors at Bird that no install names", { connectors: [connector, second] }],
  ["events without an install, for no reason", { unmatched: ["w:c1"] }],
  ["numbers with two current installs", { installs: [install, { ...install, id: "again" }] }],
];
for (const [what, change] of notHolding) {
  test(`a chaos run does not hold: ${what}`, () => {
    assert.ok(broken(change).includes(what));
  });
}
