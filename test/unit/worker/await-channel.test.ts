import assert from "node:assert/strict";
import test from "node:test";
import type { ReadResult } from "../../../src/bird/answers.ts";
import type { Channel } from "../../../src/bird/channels.ts";
import { type Connector, connectorSchema } from "../../../src/bird/connectors.ts";
import type { InstallData } from "../../../src/queue/installs/data.ts";
import type { StoredChannel, Taken } from "../../../src/queue/matching/matching.ts";
import { createAwaitChannel } from "../../../src/worker/await-channel.ts";
import type { Step } from "../../../src/worker/run.ts";
import { nowMs, runOf, storedData } from "./run-fixture.ts";

const connectorId = "connector-1";
const firstPollMs = 30_000;
const deadlineMs = 3_600_000;
const gapMaxMs = 600_000;
const { installId, token } = runOf();
const { workspaceId, phoneId, phoneNumber, name, wabaId } = storedData.request;
const request = { workspaceId, phoneId, phoneNumber, name, wabaId };

/** Bound a minute ago: the first look at Bird is due. */
const sinceMs = nowMs - 60_000;
const bound: InstallData = { request, connectorId, waiting: { sinceMs }, attempts: 2 };

const arrived = (change: Partial<StoredChannel> = {}): StoredChannel => ({
  channelId: "told",
  status: "active",
  isUsable: true,
  arrivedAtMs: nowMs - 5,
  ...change,
});
const pending = arrived({ status: "pending", isUsable: false });

interface Case {
  readonly when: string;
  readonly data?: Partial<InstallData>;
  /** What an event told before. */
  readonly channel?: StoredChannel;
  readonly isCancelled?: boolean;
  readonly ownerId?: string;
  /** How long the workspace's GET budget is used up, ms. */
  readonly waitMs?: number;
  /** The channel that Bird's connector names, or what reading the connector comes to. */
  readonly named?: string | ReadResult<Connector>;
  /** What Bird shows of channels by id, and what it finds for the connector. */
  readonly shown?: Readonly<Record<string, ReadResult<Channel>>>;
  readonly found?: ReadResult<Channel>;
  readonly readiness?: object;
  /** 0 to 1: how late in its span the next look is. */
  readonly random?: number;
  readonly step: Step;
  /** What was asked and done after the event was taken, in order. */
  readonly calls?: readonly string[];
}

const shows = (id: string, status?: string): ReadResult<Channel> => ({
  kind: "found",
  value: { id, connectorId, status },
});
const unavailable = { kind: "unavailable", reason: "HTTP 502" } as const;

const completedByPoll = (channelId: string, channelStatus?: string): Step => ({
  kind: "complete",
  completion: {
    connectorId,
    channelId,
    ...(channelStatus !== undefined && { channelStatus }),
    completedBy: "poll",
  },
  boundAtMs: sinceMs,
  attempt: 2,
});

/** Parked for the next look; `gapMs` from now. */
const looksAgain = (gapMs: number, polls = 1, waiting: Partial<InstallData["waiting"]> = {}): Step => ({
  kind: "park",
  untilMs: nowMs + gapMs,
  connectorId,
  data: { ...bound, waiting: { sinceMs, ...waiting, polls }, nextActionAtMs: nowMs + gapMs },
  what: "asked Bird for the channel, not usable yet",
});

/** Bound exactly as long ago as an install waits. */
const overdue = { sinceMs: nowMs - deadlineMs };
const timedOut = (code: "channel_timeout" | "channel_not_ready", detail?: string): Step => ({
  kind: "fail",
  failure: { code, ...(detail !== undefined && { detail }) },
  data: { ...bound, waiting: overdue },
});

const cases: readonly Case[] = [
  // What the event says.
  {
    when: "an event with a usable channel came: completes, and asks Bird nothing",
    channel: arrived(),
    step: {
      kind: "complete",
      completion: { connectorId, channelId: "told", channelStatus: "active", completedBy: "webhook" },
      boundAtMs: sinceMs,
      eventAtMs: nowMs - 5,
      attempt: 2,
    },
  },
  {
    when: "the event named no status: completes without one",
    channel: arrived({ status: undefined }),
    step: {
      kind: "complete",
      completion: { connectorId, channelId: "told", completedBy: "webhook" },
      boundAtMs: sinceMs,
      eventAtMs: nowMs - 5,
      attempt: 2,
    },
  },
  {
    when: "it was cancelled: ends so, whatever the event says",
    channel: arrived(),
    isCancelled: true,
    data: { held: "rate_limited", nextActionAtMs: nowMs - 1 },
    step: { kind: "fail", failure: { code: "cancelled" }, data: bound },
  },
  {
    when: "another install has its connector by now: fails, and names that one",
    channel: arrived(),
    ownerId: "another",
    data: { nextActionAtMs: nowMs - 1 },
    step: {
      kind: "fail",
      failure: {
        code: "connector_of_another_install",
        detail: "Connector connector-1 is install another's by now.",
      },
      data: bound,
    },
  },
  // When Bird is asked.
  {
    when: "no look is due yet: waits for the first",
    data: { waiting: { sinceMs: nowMs - firstPollMs + 1 } },
    step: { kind: "park", untilMs: nowMs + 1, connectorId },
  },
  {
    when: "a later look was planned: waits for that",
    data: { nextActionAtMs: nowMs + 1 },
    step: { kind: "park", untilMs: nowMs + 1, connectorId },
  },
  {
    when: "the first look is due now: asks Bird",
    data: { waiting: { sinceMs: nowMs - firstPollMs } },
    found: { kind: "not_found" },
    step: looksAgain(60_000, 1, { sinceMs: nowMs - firstPollMs }),
    calls: ["get connector", "find channel"],
  },
  ...[700, 1].map((waitMs) => ({
    when: `the workspace's GET budget is used up for ${waitMs} ms: waits for a place, and asks nothing`,
    waitMs,
    step: { kind: "park", untilMs: nowMs + waitMs, connectorId } as const,
  })),
  // Which channel.
  {
    when: "Bird's connector names a channel that is usable: completes, and lets go what was kept for it",
    named: "ch",
    shown: { ch: shows("ch", "active") },
    step: completedByPoll("ch", "active"),
    calls: ["get connector", "get channel ch", "release ch"],
  },
  {
    when: "Bird shows the channel without a status: completes",
    named: "ch",
    shown: { ch: shows("ch") },
    step: completedByPoll("ch"),
    calls: ["get connector", "get channel ch", "release ch"],
  },
  {
    when: "Bird's connector names another channel than the event did: takes the connector's",
    channel: pending,
    named: "ch",
    shown: { ch: shows("ch", "active") },
    step: completedByPoll("ch", "active"),
    calls: ["get connector", "get channel ch", "release ch"],
  },
  {
    when: "Bird's connector names no channel: takes the one that the event named",
    channel: pending,
    shown: { told: shows("told", "active") },
    step: completedByPoll("told", "active"),
    calls: ["get connector", "get channel told", "release told"],
  },
  {
    when: "neither names a channel: looks for the connector's among all",
    found: shows("ch", "active"),
    step: completedByPoll("ch", "active"),
    calls: ["get connector", "find channel", "release ch"],
  },
  {
    when: "what the connector names can be no id: looks for its channel among all",
    named: "../admin",
    found: shows("ch", "active"),
    step: completedByPoll("ch", "active"),
    calls: ["get connector", "find channel", "release ch"],
  },
  {
    when: "the connector cannot be read: looks for its channel among all",
    named: unavailable,
    found: shows("ch", "active"),
    step: completedByPoll("ch", "active"),
    calls: ["get connector", "find channel", "release ch"],
  },
  {
    when: "Bird does not know the channel that the event named: looks for the connector's among all",
    channel: pending,
    shown: { told: { kind: "not_found" } },
    found: shows("ch", "active"),
    step: completedByPoll("ch", "active"),
    calls: ["get connector", "get channel told", "find channel", "release ch"],
  },
  // Not usable yet.
  {
    when: "the channel is not usable yet: looks again later",
    named: "ch",
    shown: { ch: shows("ch", "pending") },
    step: looksAgain(60_000),
    calls: ["get connector", "get channel ch"],
  },
  {
    when: "the third look is in vain: the gap has doubled each time",
    data: { waiting: { sinceMs, polls: 2 } },
    found: { kind: "not_found" },
    step: looksAgain(240_000, 3),
    calls: ["get connector", "find channel"],
  },
  {
    when: "the tenth look is in vain: looks again after ten minutes",
    data: { waiting: { sinceMs, polls: 9 } },
    found: { kind: "not_found" },
    step: looksAgain(gapMaxMs, 10),
    calls: ["get connector", "find channel"],
  },
  ...[
    { random: 0, gapMs: 45_000 },
    { random: 1, gapMs: 75_000 },
  ].map(({ random, gapMs }) => ({
    when: `a look is in vain, and chance says ${random}: the gap is a quarter ${random === 0 ? "shorter" : "longer"}`,
    random,
    found: { kind: "not_found" } as const,
    step: looksAgain(gapMs),
    calls: ["get connector", "find channel"],
  })),
  {
    when: "less than a gap is left until the deadline: looks once more at the deadline",
    data: { waiting: { sinceMs: nowMs - deadlineMs + 1500, polls: 9 } },
    found: { kind: "not_found" },
    step: looksAgain(1500, 10, { sinceMs: nowMs - deadlineMs + 1500 }),
    calls: ["get connector", "find channel"],
  },
  // The deadline.
  {
    when: "the deadline has come and there is no channel: fails, without a word of Bird's",
    data: { waiting: overdue, nextActionAtMs: nowMs },
    found: { kind: "not_found" },
    step: timedOut("channel_timeout"),
    calls: ["get connector", "find channel", "readiness"],
  },
  {
    when: "the deadline has come, and Bird says how far it is: fails with that",
    data: { waiting: overdue },
    found: { kind: "not_found" },
    readiness: { channel: { status: "pending", stage: "verify" }, number: { status: "migrating" } },
    step: timedOut("channel_timeout", "Bird says: channel pending, stage verify, number migrating."),
    calls: ["get connector", "find channel", "readiness"],
  },
  {
    when: "a millisecond is left until the deadline: looks once more at the deadline",
    data: { waiting: { sinceMs: nowMs - deadlineMs + 1, polls: 9 } },
    found: { kind: "not_found" },
    step: looksAgain(1, 10, { sinceMs: nowMs - deadlineMs + 1 }),
    calls: ["get connector", "find channel"],
  },
  {
    when: "the deadline has come, and Bird says only what the channel waits for: fails with that",
    data: { waiting: overdue },
    found: { kind: "not_found" },
    readiness: { channel: { status: undefined, stage: "verify" } },
    step: timedOut("channel_timeout", "Bird says: stage verify."),
    calls: ["get connector", "find channel", "readiness"],
  },
  {
    when: "the deadline has come, and Bird says nothing of it: fails without a word of Bird's",
    data: { waiting: overdue },
    found: { kind: "not_found" },
    readiness: {},
    step: timedOut("channel_timeout"),
    calls: ["get connector", "find channel", "readiness"],
  },
  {
    when: "the deadline has come and the channel is not usable: fails as not ready, with its status",
    data: { waiting: overdue },
    named: "ch",
    shown: { ch: shows("ch", "pending") },
    readiness: { number: { status: "migrating" } },
    step: timedOut("channel_not_ready", "Channel ch is pending. Bird says: number migrating."),
    calls: ["get connector", "get channel ch", "readiness"],
  },
  {
    when: "the deadline has come and the event's channel cannot be read: fails as not ready, as the event said",
    data: { waiting: overdue },
    channel: pending,
    shown: { told: unavailable },
    step: timedOut("channel_not_ready", "Channel told is pending."),
    calls: ["get connector", "get channel told", "readiness"],
  },
  {
    when: "the deadline has come and the connector's channel cannot be read: the event's is no proof of that",
    data: { waiting: overdue },
    channel: pending,
    named: "ch",
    shown: { ch: unavailable },
    step: timedOut("channel_timeout"),
    calls: ["get connector", "get channel ch", "readiness"],
  },
];

const setUp = (one: Case) => {
  const calls: string[] = [];
  const ownData = { installId, token, workspaceId, phoneId, connectorId };
  const taken: Taken = {
    channel: one.channel,
    isCancelled: one.isCancelled ?? false,
    ownerId: one.ownerId ?? installId,
  };
  const awaitChannel = createAwaitChannel({
    matching: {
      take: async (install) => {
        assert.partialDeepStrictEqual(install, ownData);
        calls.push("take");
        return taken;
      },
      release: async ({ channelId, ...install }) => {
        assert.deepEqual(install, { installId, workspaceId, phoneId, connectorId });
        calls.push(`release ${channelId}`);
      },
    },
    connectors: {
      get: async (workspace, id) => {
        assert.deepEqual([workspace, id], [workspaceId, connectorId]);
        calls.push("get connector");
        return typeof one.named === "object"
          ? one.named
          : {
              kind: "found",
              value: connectorSchema.parse({
                id: connectorId,
                ...(one.named !== undefined && { channel: { channelId: one.named } }),
              }),
            };
      },
      readiness: async (workspace, id) => {
        assert.deepEqual([workspace, id], [workspaceId, connectorId]);
        calls.push("readiness");
        return one.readiness === undefined
          ? { kind: "not_found" }
          : { kind: "found", value: { channel: undefined, number: undefined, ...one.readiness } };
      },
    },
    channels: {
      get: async (workspace, id) => {
        assert.equal(workspace, workspaceId);
        calls.push(`get channel ${id}`);
        return one.shown?.[id] ?? assert.fail(`channel ${id} must not be read`);
      },
      findByConnector: async (workspace, id) => {
        assert.deepEqual([workspace, id], [workspaceId, connectorId]);
        calls.push("find channel");
        return one.found ?? assert.fail("channels must not be listed");
      },
    },
    readBudget: { peek: async () => one.waitMs ?? 0 },
    readyStatuses: ["active"],
    firstPollMs,
    deadlineMs,
    now: () => nowMs,
    random: () => one.random ?? 0.5,
  });
  return { run: runOf({ ...bound, sealed: undefined, ...one.data }), awaitChannel, taken, calls };
};

/** What JSON keeps: a run's data are parsed from it, without members that are undefined. */
const stored = (step: Step): unknown => JSON.parse(JSON.stringify(step));

for (const one of cases) {
  test(`of an install that waits for its channel, ${one.when}`, async () => {
    const { run, awaitChannel, calls } = setUp(one);
    assert.deepEqual(stored(await awaitChannel(run)), stored(one.step));
    assert.deepEqual(calls, ["take", ...(one.calls ?? [])]);
  });
}

test("what a run has taken when it bound its connector is not taken again", async () => {
  const { run, awaitChannel, taken, calls } = setUp({
    when: "",
    channel: arrived(),
    step: completedByPoll("told"),
  });
  assert.equal((await awaitChannel(run, taken)).kind, "complete");
  assert.deepEqual(calls, []);
});

for (const missing of ["connectorId", "waiting"] as const) {
  test(`an install without ${missing} does not wait for a channel: a fault of Perch`, async () => {
    const { run, awaitChannel } = setUp({
      when: "",
      data: { [missing]: undefined },
      step: completedByPoll("told"),
    });
    await assert.rejects(awaitChannel(run), /a bound install waits/);
  });
}
