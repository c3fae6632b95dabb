import { after } from "./after.ts";
import { answerRead, type Bird } from "./bird.ts";
import { metaAnswers } from "./meta.ts";
import type { Operation } from "./operation.ts";
import type { ProcessNode } from "./process-tree.ts";
import type { Step, StepDeps } from "./steps.ts";
import { times } from "./times.ts";
import type { World } from "./world.ts";

type Pending = ProcessNode["pending"][number];

/** Replaces a process; one that has ended leaves. */
const withProcess = (world: World, node: ProcessNode): World => ({
  ...world,
  processes: [
    ...world.processes.filter(({ name }) => name !== node.name),
    ...(node.hasEnded && node.problem === undefined ? [] : [node]),
  ].sort((a, b) => (a.name < b.name ? -1 : 1)),
});

const withCalls = (world: World, calls: Bird["calls"]): World => ({
  ...world,
  bird: { ...world.bird, calls },
});

/** A process that begins, and does its first operation at once. */
export const startStep = ({ tree, redis }: StepDeps, world: World, name: string): Step => ({
  what: `${name} starts`,
  next: () =>
    after(tree.start(name, world.nowMs), (node) => {
      const [first] = node.pending;
      if (first?.operation.kind !== "redis") throw new Error(`${name} begins with Redis`);
      const { index, operation } = first;
      return after(redis.run(world.redis, operation, world.refusals > 0), ({ reply, state, refused }) =>
        refused === undefined
          ? after(tree.answer(node, index, { value: reply, nowMs: world.nowMs }), (next) =>
              withProcess({ ...world, redis: state }, next),
            )
          : // It has not begun anything: a worker takes nothing, a webhook answers 503, a person hears so.
            { ...world, refusals: world.refusals - 1 },
      );
    }),
});

/** What the processes that live can do next, and the death of each. */
export const operationSteps = (deps: StepDeps, world: World): Step[] =>
  world.processes.flatMap((node) => [
    ...node.pending.flatMap((pending) => stepsOf(deps, world, node, pending)),
    crash(world, node),
  ]);

const crash = (world: World, { name }: ProcessNode): Step => ({
  what: `${name} is killed`,
  isFault: true,
  next: () => ({
    ...world,
    processes: world.processes.filter((node) => node.name !== name),
    bird: {
      ...world.bird,
      calls: world.bird.calls.map((call) => (call.by === name ? { ...call, by: undefined } : call)),
    },
  }),
});

const stepsOf = (deps: StepDeps, world: World, node: ProcessNode, { index, operation }: Pending): Step[] => {
  const answered: Answered = (value, base = world) =>
    after(deps.tree.answer(node, index, { value, nowMs: world.nowMs }), (next) => withProcess(base, next));
  switch (operation.kind) {
    case "redis":
      return [
        {
          what: `${node.name}: ${operation.name}${world.refusals > 0 ? `, of which Redis refuses writes` : ""}`,
          next: () =>
            after(deps.redis.run(world.redis, operation, world.refusals > 0), ({ reply, state, refused }) =>
              refused === undefined
                ? answered(reply, { ...world, redis: state })
                : answered({ refused }, { ...world, redis: state, refusals: world.refusals - 1 }),
            ),
        },
      ];
    case "read":
      return readSteps(world, node.name, operation, answered);
    case "create":
      return createSteps(deps, world, node.name, operation, answered);
    case "delete":
      return deleteSteps(world, node.name, operation.id, answered);
    case "ask Meta":
      return [...metaAnswers].map((answer) => ({
        what: `${node.name}: Meta ${answer}`,
        next: () => answered(answer),
      }));
    case "acknowledge":
      return [
        { what: `${node.name}: answers 2xx`, next: () => answered(null, acknowledged(world, node.name)) },
      ];
  }
};

/** The world after an answer; `base` is what else has changed. */
type Answered = (value: unknown, base?: World) => World | Promise<World>;

const readSteps = (
  world: World,
  name: string,
  { name: what, id }: Extract<Operation, { kind: "read" }>,
  answered: Answered,
): Step[] => {
  const ids = answerRead(world.bird, what, id);
  const old = world.bird.connectors.filter(({ madeAtMs }) => world.nowMs - madeAtMs >= times.listLagMs);
  const reads: Step[] = [{ what: `${name}: ${what} -> ${ids.join() || "none"}`, next: () => answered(ids) }];
  if (what === "list connectors" && old.length < ids.length) {
    const lagging = old.map((connector) => connector.id);
    reads.push({
      what: `${name}: ${what}, which lags -> ${lagging.join() || "none"}`,
      next: () => answered(lagging),
    });
  }
  return reads;
};

/**
 * The worker's guard and the first byte are one step: a process that is frozen exactly between the two sends
 * although it has lost its lock. That is the one case the protocol leaves to chance.
 */
const createSteps = (
  { tree, callMs }: StepDeps,
  world: World,
  name: string,
  { of, maySend }: Extract<Operation, { kind: "create" }>,
  answered: Answered,
): Step[] => {
  const { calls } = world.bird;
  const call = calls.find(({ by }) => by === name);
  const others = calls.filter((other) => other !== call);
  if (call === undefined) {
    tree.clock.nowMs = world.nowMs;
    if (!maySend())
      return [{ what: `${name}: withholds its create`, next: () => answered({ kind: "withheld" }) }];
    const sent = { by: name, of, connectorId: undefined, doneByMs: world.nowMs + callMs };
    return [{ what: `${name}: sends its create`, next: () => withCalls(world, [...calls, sent]) }];
  }
  const orphan = { ...call, by: undefined, doneByMs: Math.min(call.doneByMs, world.nowMs + times.listLagMs) };
  const broken: Step = {
    what: `${name}: its connection to Bird breaks`,
    isFault: true,
    next: () =>
      answered(
        { kind: "unknown", reason: "ECONNRESET" },
        withCalls(world, call.connectorId === undefined ? [...others, orphan] : others),
      ),
  };
  const { connectorId } = call;
  return connectorId === undefined
    ? [broken]
    : [
        {
          what: `${name}: hears 201 ${connectorId}`,
          next: () => answered({ kind: "created", connectorId }, withCalls(world, others)),
        },
        broken,
      ];
};

/** Bird deletes the connector; whether that is heard is another matter. */
const deleteSteps = (world: World, name: string, id: string, answered: Answered): Step[] => {
  const { bird } = world;
  const connectors = bird.connectors.map((one) => (one.id === id ? { ...one, isDeleted: true } : one));
  const after = { ...world, bird: { ...bird, connectors } };
  const unheard = { kind: "unavailable", birdStatus: undefined, reason: "ECONNRESET" };
  return [
    { what: `${name}: deletes ${id}`, next: () => answered({ kind: "gone" }, after) },
    {
      what: `${name}: deletes ${id} and does not hear so`,
      isFault: true,
      next: () => answered(unheard, after),
    },
  ];
};

const acknowledged = (world: World, name: string): World => ({
  ...world,
  bird: {
    ...world.bird,
    connectors: world.bird.connectors.map((connector) =>
      name === `webhook ${connector.id}` ? { ...connector, event: "acknowledged" as const } : connector,
    ),
  },
});
