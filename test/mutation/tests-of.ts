import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** Integration tests of code that they do not import, by how the source's path begins. */
const byPath: readonly (readonly [path: string, tests: readonly string[]])[] = [
  ["src/worker/await-channel", ["install-flow", "install-faults", "matching", "birds-word"]],
  ["src/worker/batches/", ["batches", "held-batches", "notifications", "api-batches"]],
  ["src/worker/budgeted-reads", ["install-faults", "channel-webhooks", "subscription-check"]],
  ["src/worker/chores/keep-sweeping", ["keep-sweeping"]],
  ["src/worker/chores/process", ["sweep", "batches", "look-ups", "unreadable-installs"]],
  ["src/worker/chores/sweep", ["sweep", "workspace-walls"]],
  ["src/worker/chores/worker", ["sweep", "batches", "look-ups", "retention", "hold-door"]],
  ["src/worker/errands/", ["look-ups", "channel-webhooks"]],
  ["src/worker/invalidate-subscription", ["subscription-check"]],
  ["src/worker/leave-chores", ["shard-number"]],
  ["src/worker/observe/", ["install-log", "metrics", "traces"]],
  ["src/worker/process", ["install-flow", "perch-faults", "install-faults", "matching", "notify-outcomes"]],
  ["src/worker/redis-watches", ["restart-watch", "redis-check"]],
  ["src/worker/run", ["hold-door", "install-actions"]],
  ["src/worker/steps", ["install-flow", "install-faults", "subscription-check"]],
  ["src/worker/submit/bind", ["install-flow", "adoption", "one-owner", "install-faults"]],
  ["src/worker/submit/lost-create", ["restart-watch", "stalled", "install-faults"]],
  ["src/worker/unexpected-error", ["perch-faults", "unreadable-installs"]],
  ["src/worker/worker", ["install-flow", "stalled", "shutdown", "channel-webhooks", "batches"]],
  ["src/queue/gate/", ["gate", "holds", "hold-line", "number-budget"]],
  ["src/queue/gate/fair-priorities", ["fair-priorities"]],
  [
    "src/queue/matching/",
    ["one-owner", "matching", "unmatched-events", "sweep", "workspace-walls", "uninstall"],
  ],
  ["src/queue/matching/unr", ["webhook-refusals", "webhook-server", "look-ups"]],
  ["src/queue/matching/same-name", ["install-faults"]],
  ["src/queue/matching/wake", ["hold-door", "install-actions"]],
  ["src/queue/batches/", ["batches", "api-batches", "held-batches", "shards"]],
  ["src/queue/workspaces/held-installs", ["hold-line", "resume", "held-batches", "hold-door"]],
  ["src/queue/installs/hold-line", ["hold-line", "resume", "held-batches", "hold-door"]],
];

const importsOf = (root: string, file: string): ReadonlySet<string> =>
  new Set(
    [...readFileSync(join(root, file), "utf8").matchAll(/from "(\.[^"]+\.ts)"/g)].map(([, path = ""]) =>
      relative(root, join(root, dirname(file), path)),
    ),
  );

/**
 * Test files that can notice a change of a source: unit tests that import it, and integration tests of the table or,
 * where that has none, those that import it.
 */
export const createTestsOf = (root: string) => {
  const files = ["test/unit/**/*.test.ts", "test/integration/*.test.ts"]
    .flatMap((pattern) => globSync(pattern, { cwd: root }).sort())
    .map((file) => ({ file, imports: importsOf(root, file) }));
  return (source: string): readonly string[] => {
    const importing = files.filter(({ imports }) => imports.has(source)).map(({ file }) => file);
    const listed = byPath.flatMap(([path, tests]) => (source.startsWith(path) ? tests : []));
    if (listed.length === 0) return importing;
    const units = importing.filter((file) => file.startsWith("test/unit/"));
    return [...new Set([...units, ...listed.map((name) => `test/integration/${name}.test.ts`)])];
  };
};
