import assert from "node:assert/strict";
import test from "node:test";
import { z } from "zod";
import { logLines } from "../../docs/log-lines.ts";
import type { Install } from "../../src/install/install.ts";
import { createInstallsQueues } from "../../src/queue/installs/queue.ts";
import { createMatching } from "../../src/queue/matching/matching.ts";
import type { FaultRule } from "../../src/sandbox/faults/rule.ts";
import { installRequest, workspaceId } from "../support/request.ts";
import { quickSettings, type Stack, type StackOptions } from "../support/stack.ts";
import { type StackActions, withStackActions } from "../support/stack-actions.ts";
import { until } from "../support/until.ts";

const otherWorkspace = "1c6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10";

const lineSchema = z.looseObject({
  level: z.number(),
  msg: z.string(),
  installId: z.string().optional(),
  workspaceId: z.string().optional(),
  connectorId: z.string().optional(),
  batchId: z.string().optional(),
  row: z.number().optional(),
  attempt: z.number().optional(),
  status: z.string().optional(),
  what: z.string().optional(),
});
type Line = z.infer<typeof lineSchema>;

const levels: Readonly<Record<number, string>> = { 20: "debug", 30: "info", 40: "warn", 50: "error" };
const everyLine = new Set(["level", "time", "role", "msg"]);

/** Runs a test against a stack whose log is kept, and holds every line against the list of lines. */
const withLog = (
  options: StackOptions,
  run: (stack: Stack, acts: StackActions, lines: readonly Line[]) => Promise<void>,
): Promise<void> => {
  const lines: Line[] = [];
  const onLogLine = (text: string): void => {
    assert.doesNotMatch(text, /EAAG/, "a token is in the log");
    lines.push(lineSchema.parse(JSON.parse(text)));
  };
  return withStackActions({ ...options, onLogLine }, async (stack, acts) => {
    await run(stack, acts, lines);
    for (const line of lines) assertListed(line);
  });
};

const assertListed = (line: Line): void => {
  const listed = logLines.find(({ message, level }) => message === line.msg && level === levels[line.level]);
  assert.ok(listed, `${levels[line.level]} "${line.msg}" is not listed`);
  const others = Object.keys(line).filter((name) => !everyLine.has(name) && !listed.fields.includes(name));
  assert.deepEqual(others, [], `"${line.msg}" has fields that are not listed`);
};

/** What the log told of an install, oldest first; the talk of `debug` left out. */
const storyOf = (lines: readonly Line[], installId: string): Line[] =>
  lines.filter((line) => line.installId === installId && line.level >= 30);

const stepsOf = (story: readonly Line[]) =>
  story.map(({ msg, status, attempt }) =>
    [msg, status, attempt].filter((part) => part !== undefined).join(" · "),
  );

/** Every line has the ids; the timeline says the same in the same order. */
const assertStory = async (
  { producer }: Stack,
  lines: readonly Line[],
  install: Install,
  steps: readonly string[],
  timeline: readonly string[],
): Promise<void> => {
  const story = storyOf(lines, install.id);
  assert.deepEqual(stepsOf(story), steps);
  const { connectorId } = (await producer.installs.find(install.id)) ?? {};
  for (const line of story) {
    const { batchId, row } = install;
    assert.deepEqual(
      [line.workspaceId, line.batchId, line.row],
      [install.workspaceId, batchId, row],
      line.msg,
    );
    const hasConnector = ["awaiting_channel", "completed"].includes(line.status ?? "");
    if (hasConnector) assert.equal(line.connectorId, connectorId, line.msg);
  }
  const told = (await producer.installs.timeline(install.id)).map(({ what }) => what);
  assert.deepEqual(told, timeline);
  const words = story.flatMap(({ what }) => what ?? []);
  assert.deepEqual(
    words,
    timeline.filter((what) => words.includes(what)),
    "log and timeline tell the same story",
  );
};

const ended = async ({ producer }: Stack, lines: readonly Line[], { id }: Install): Promise<void> => {
  const { status } = await producer.waitFor(id, { timeoutMs: 10_000 });
  // BullMQ tells the worker after it has told those who wait.
  await until(`the log says ${status}`, async () =>
    storyOf(lines, id).some((line) => line.status === status),
  );
};

const sent = (attempt: number) => `install is sent to Bird · submitting · ${attempt}`;
const waits = (attempt: number) => `install waits for its channel · awaiting_channel · ${attempt}`;
const tail = ["connector created", "event from Bird matched", "completed"];

test("the log has one line with all ids for each step of an install, and the timeline agrees", () => {
  const [good, refused, again, held, lost, unwanted] = [0, 1, 2, 3, 4, 5].map((n) => installRequest(n));
  const faults: readonly FaultRule[] = [
    { phoneId: refused?.phoneId ?? "", fault: { kind: "status", status: 422 } },
    { phoneId: again?.phoneId ?? "", fault: { kind: "status", status: 404 } },
    { workspaceId: otherWorkspace, fault: { kind: "status", status: 401 } },
    { phoneId: lost?.phoneId ?? "", fault: { kind: "answer_lost" } },
    { phoneId: unwanted?.phoneId ?? "", fault: { kind: "channel_never" } },
  ];
  return withLog({ sandbox: { faults, channelDelayMs: 2000 } }, async (stack, _acts, lines) => {
    const api = await stack.startAnApi();
    const post = async (path: string, body?: unknown): Promise<Install> => {
      const sent = { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
      const answer = await fetch(api.url + path, { method: "POST", ...(body !== undefined && sent) });
      assert.ok(answer.ok, String(answer.status));
      const { id } = z.object({ id: z.string() }).parse(await answer.json());
      return (await stack.producer.installs.find(id)) ?? assert.fail(id);
    };
    const posted = (request: unknown): Promise<Install> => post("/v1/installs", request);
    const [a, b, c, d, e, f] = await Promise.all([
      posted(good),
      posted(refused),
      posted(again),
      posted({ ...held, workspaceId: otherWorkspace }),
      posted(lost),
      posted(unwanted),
    ]);
    await until("the last waits", async () => storyOf(lines, f.id).length === 3);
    await post(`/v1/installs/${f.id}/cancel`);
    await Promise.all([a, b, c, d, e, f].map((install) => ended(stack, lines, install)));

    const queued = "install queued · queued";
    const stored = "event stored";
    const story = (install: Install, steps: readonly string[], timeline: readonly string[]) =>
      assertStory(stack, lines, install, steps, timeline);
    const done = (attempt: number) => [waits(attempt), stored, `install completed · completed · ${attempt}`];
    await story(a, [queued, sent(1), ...done(1)], ["queued", ...tail]);
    const refusal = `failed: ${(await stack.producer.installs.find(b.id))?.error?.message}`;
    await story(b, [queued, sent(1), "install failed · failed · 1"], ["queued", refusal]);
    await story(
      c,
      [queued, sent(1), "install is tried again later · retrying · 1", sent(2), ...done(2)],
      [
        "queued",
        "Bird answered 404: workspace not found (Bird: The requested resource does not exist)",
        ...tail,
      ],
    );
    await story(
      d,
      [queued, sent(1), "install is held · held", sent(1), ...done(1)],
      ["queued", "Bird answered 401: bad access key (Bird: The access key is missing or not valid)", ...tail],
    );
    const looks = storyOf(lines, e.id).flatMap(({ what }) => what ?? []);
    assert.match(looks[0] ?? "", /^create was not answered/);
    assert.equal(looks.at(-1), "connector found at Bird and adopted");
    await story(
      e,
      [queued, sent(1), "install is tried again later · retrying · 1", ...done(1)],
      ["queued", ...looks, "event from Bird matched", "completed"],
    );
    await story(
      f,
      [
        queued,
        sent(1),
        waits(1),
        "install is to be cancelled · awaiting_channel",
        "install cancelled · cancelled · 1",
      ],
      ["queued", "connector created", "cancel requested", "cancelled"],
    );
    const holds = lines.filter(({ msg }) => msg === "workspace is held");
    assert.deepEqual(
      holds.map((line) => [line.workspaceId, line.reason]),
      [[otherWorkspace, "unauthorized"]],
    );
    const requestId = storyOf(lines, a.id)[0]?.requestId;
    assert.ok(
      lines.some((line) => line.msg === "request" && line.requestId === requestId && line.httpStatus === 202),
    );
  });
});

test("the log reports rows that wait for their batch, of its end, and of an install that an event heals", () => {
  const never = installRequest(9);
  const faults: readonly FaultRule[] = [{ phoneId: never.phoneId, fault: { kind: "channel_never" } }];
  const worker = { firstPollMs: 40, deadlineMs: 150 };
  return withLog(
    { sandbox: { faults }, worker, startsPaused: true },
    async (stack, { batchActions }, lines) => {
      const { producer, client, keys } = stack;
      await stack.startAnotherWorker();
      const rows = [{ row: 1, input: installRequest(1) }];
      const { batchId, rows: putting } = await producer.importRows(rows, { name: "numbers.csv" });
      await batchActions.pause(batchId);
      await Array.fromAsync(putting);
      const of = (msg: string) => lines.find((line) => line.msg === msg && line.batchId === batchId);
      const paused = await until("the row waits", async () =>
        of("install waits because its batch is paused"),
      );
      assert.deepEqual([paused.row, paused.workspaceId, paused.status], [1, workspaceId, "queued"]);
      await batchActions.resume(batchId);
      const finished = await until("the batch has finished", async () => of("batch finished"));
      assert.deepEqual([finished.status, finished.completed, finished.failed], ["finished", 1, 0]);
      assert.equal(of("install completed")?.row, 1);

      const { install } = await producer.enqueue(never);
      await ended(stack, lines, install);
      const { connectorId = "" } = (await producer.installs.find(install.id)) ?? {};
      const failed = storyOf(lines, install.id).find(({ status }) => status === "failed");
      assert.deepEqual([failed?.code, failed?.connectorId], ["channel_timeout", connectorId]);
      const queues = createInstallsQueues({ client, keys });
      const matching = createMatching({ client, queues, keys, retentionMs: quickSettings.retentionMs });
      const channel = { channelId: "a-channel", status: "active", isUsable: true };
      await matching.arrive({ connectorId, ...channel, workspaceId: undefined });
      await matching.wake(install.id);
      await queues.close();
      const healed = await until("it is healed", async () =>
        storyOf(lines, install.id).find(({ status }) => status === "completed"),
      );
      assert.equal(healed.msg, "install healed: it had failed before its event came");
      assert.equal(healed.channelId, "a-channel");
      const steps = stepsOf(storyOf(lines, install.id));
      assert.equal(steps.filter((step) => step.startsWith("install failed")).length, 1);
      assert.equal(steps.at(-1), "install healed: it had failed before its event came · completed · 1");
      const timeline = (await producer.installs.timeline(install.id)).map(({ what }) => what);
      assert.deepEqual(
        [timeline[0], ...timeline.slice(-2)],
        ["queued", "event from Bird matched", "completed"],
      );
      assert.ok(timeline.some((what) => what.startsWith("failed: ")));
    },
  );
});
