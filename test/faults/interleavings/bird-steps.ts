import type { Bird, BirdConnector } from "./bird.ts";
import { startStep } from "./operation-steps.ts";
import type { Step, StepDeps } from "./steps.ts";
import { connectorIds, type World } from "./world.ts";

const withBird = (world: World, change: Partial<Bird>): World => ({
  ...world,
  bird: { ...world.bird, ...change },
});

const withConnector = (world: World, changed: BirdConnector): World =>
  withBird(world, {
    connectors: world.bird.connectors.map((connector) => (connector.id === changed.id ? changed : connector)),
  });

/** What Bird can do next: carry a create out, make a channel, tell of it. */
export const birdSteps = (deps: StepDeps, world: World): Step[] => [
  ...world.bird.calls.flatMap((_, index) => callSteps(world, index)),
  ...world.bird.connectors.flatMap((connector) => connectorSteps(deps, world, connector)),
];

const callSteps = (world: World, index: number): Step[] => {
  const { calls, connectors } = world.bird;
  const call = calls[index];
  if (call === undefined || call.connectorId !== undefined) return [];
  const others = calls.filter((other) => other !== call);
  const id = connectorIds[connectors.length];
  if (id === undefined) return [];
  const made: BirdConnector = {
    id,
    of: call.of,
    madeAtMs: world.nowMs,
    isDeleted: false,
    hasChannel: false,
    event: "none",
    deliveries: 0,
  };
  const steps: Step[] = [
    {
      what: `Bird makes connector ${id}`,
      next: () =>
        withBird(world, {
          connectors: [...connectors, made],
          calls: call.by === undefined ? others : [...others, { ...call, connectorId: id }],
        }),
    },
  ];
  if (call.by === undefined) {
    steps.push({ what: "Bird never gets the create", next: () => withBird(world, { calls: others }) });
  }
  return steps;
};

const connectorSteps = (deps: StepDeps, world: World, connector: BirdConnector): Step[] => {
  const { id, isDeleted, hasChannel, event, deliveries } = connector;
  if (!hasChannel) {
    if (isDeleted || !deps.hasChannels) return [];
    const next = () => withConnector(world, { ...connector, hasChannel: true, event: "due" });
    return [{ what: `Bird makes the channel of ${id}`, next }];
  }
  const name = `webhook ${id}`;
  if (world.processes.some((node) => node.name === name)) return [];
  const steps: Step[] = [];
  if (event === "due" || (event === "acknowledged" && deliveries < deps.deliveriesMax)) {
    const delivered = withConnector(world, {
      ...connector,
      deliveries: Math.min(deps.deliveriesMax, deliveries + 1),
    });
    steps.push(startStep(deps, delivered, name));
  }
  if (event === "due" && deliveries === 0) {
    const next = () => withConnector(world, { ...connector, event: "never sent" });
    steps.push({ what: `Bird never tells of ${id}`, isFault: true, next });
  }
  return steps;
};
