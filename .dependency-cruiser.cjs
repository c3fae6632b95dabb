/**
 * The rooms of src/ and which way imports may point: each line is a folder, and the folders it may use. A folder's name
 * stands for the files right in it, not for the rooms below it. See docs/architecture.md.
 */
const rooms = {
  // The ground: no room above it is known here.
  "install/errors": [],
  "install/values": ["install/errors"],
  install: ["install/values", "install/errors"],
  files: [],
  redis: [],
  http: ["install"],
  bird: ["http", "install"],
  meta: ["http", "install"],

  // Everything in Redis. Each line may use the ones above it.
  "queue/keyspace": ["redis", "install"],
  "queue/secrets": ["install"],
  "queue/redis-state": ["queue/keyspace", "redis"],
  "queue/installs": ["queue/keyspace", "queue/secrets", "redis", "install"],
  "queue/gate": ["queue/installs", "queue/keyspace", "redis", "install"],
  "queue/matching": ["queue/installs", "queue/keyspace", "redis", "install"],
  "queue/batches": ["queue/installs", "queue/keyspace", "redis", "install"],
  "queue/outbox": ["queue/installs", "queue/secrets", "queue/keyspace", "redis", "install"],
  "queue/links": [
    ...["queue/outbox", "queue/installs", "queue/secrets", "queue/keyspace", "redis", "install"],
  ],
  "queue/workspaces": [
    ...["queue/gate", "queue/matching", "queue/installs", "queue/secrets", "queue/keyspace"],
    ...["redis", "install"],
  ],
  "queue/maintenance": [
    ...["queue/gate", "queue/matching", "queue/outbox", "queue/installs", "queue/redis-state"],
    ...["queue/keyspace", "redis", "install"],
  ],
  "queue/stats": ["queue/maintenance", "queue/keyspace", "redis", "install"],
  "queue/erase": [
    ...["queue/batches", "queue/outbox", "queue/matching", "queue/installs", "queue/keyspace"],
    ...["redis", "install"],
  ],
  "queue/actions": [
    ...["queue/batches", "queue/outbox", "queue/matching", "queue/gate", "queue/installs"],
    ...["queue/secrets", "queue/keyspace", "redis", "install"],
  ],

  // What acts on installs at Bird, for the API and the command line alike.
  actions: ["queue/actions", "queue/installs", "bird", "install"],

  // Puts installs on the queue.
  producer: [
    ...["producer/put", "producer/import", "queue/actions", "queue/batches", "queue/gate", "queue/installs"],
    ...["queue/maintenance", "queue/matching", "queue/secrets", "queue/keyspace", "redis", "install"],
  ],
  "producer/put": [
    ...["queue/gate", "queue/installs", "queue/redis-state", "queue/secrets", "queue/keyspace"],
    ...["redis", "install"],
  ],
  "producer/read": ["producer/read/xlsx", "producer/put", "install"],
  "producer/read/xlsx": ["producer/read", "producer/put"],
  "producer/import": [
    ...["producer/put", "queue/actions", "queue/batches", "queue/installs"],
    ...["queue/maintenance", "queue/secrets", "redis", "meta", "install"],
  ],
  "producer/results": [
    "producer/put",
    "producer/read",
    "queue/batches",
    "queue/installs",
    "redis",
    "install",
  ],

  // Takes installs off the queue.
  worker: [
    ...["worker/submit", "worker/batches", "worker/chores", "worker/errands", "worker/observe"],
    ...["queue/actions", "queue/batches", "queue/gate", "queue/installs", "queue/matching", "queue/outbox"],
    ...["queue/links", "queue/maintenance", "queue/redis-state"],
    ...["queue/secrets", "queue/stats", "queue/workspaces"],
    ...["queue/keyspace", "redis", "bird", "meta", "install"],
  ],
  "worker/submit": [
    ...["worker", "worker/observe", "queue/gate", "queue/installs", "queue/matching"],
    ...["queue/redis-state", "queue/secrets", "queue/workspaces", "redis", "bird", "meta", "install"],
  ],
  "worker/batches": [
    ...["queue/actions", "queue/batches", "queue/installs", "queue/matching"],
    ...["queue/outbox", "install"],
  ],
  "worker/chores": [
    ...["worker", "worker/batches", "queue/actions", "queue/batches", "queue/installs"],
    ...["queue/maintenance", "queue/matching", "queue/outbox", "queue/workspaces", "queue/secrets"],
    ...["queue/keyspace", "redis"],
  ],
  "worker/errands": [
    ...["worker", "worker/observe", "queue/gate", "queue/maintenance", "queue/matching"],
    ...["queue/secrets", "queue/workspaces", "queue/keyspace", "redis", "bird", "install"],
  ],
  "worker/observe": ["worker", "queue/gate", "queue/installs", "queue/stats", "bird", "install"],

  // Receives Bird's events; sends notifications of outcomes.
  webhook: [
    ...["queue/installs", "queue/matching", "queue/maintenance"],
    ...["queue/redis-state", "queue/keyspace", "redis"],
    ...["bird", "http", "install"],
  ],
  notify: [
    ...["queue/outbox", "queue/redis-state", "queue/secrets", "queue/keyspace", "redis", "http", "install"],
  ],

  // HTTP for customers, who are strangers.
  connect: [
    ...["producer", "queue/links", "queue/installs", "queue/redis-state", "queue/secrets", "queue/keyspace"],
    ...["redis", "meta", "http", "install"],
  ],

  // HTTP for other services.
  api: [
    ...["api/auth", "api/server", "api/openapi", "api/installs", "api/batches"],
    ...["actions", "producer", "producer/import"],
    ...["queue/actions", "queue/batches", "queue/gate", "queue/installs", "queue/matching", "queue/outbox"],
    ...["queue/maintenance", "queue/redis-state", "queue/secrets", "queue/stats"],
    ...["queue/workspaces", "queue/keyspace", "redis"],
    ...["queue/links", "bird", "doctor", "meta", "notify", "http", "install"],
  ],
  "api/auth": ["queue/batches", "queue/installs", "queue/maintenance", "queue/secrets", "http", "install"],
  "api/server": [
    ...["api/auth", "actions", "producer/read", "queue/installs", "queue/links", "queue/outbox"],
    ...["queue/keyspace", "redis", "http", "install"],
  ],
  "api/openapi": ["api/openapi/examples", "api/auth", "api/server", "queue/outbox", "http", "install"],
  "api/openapi/examples": ["queue/outbox", "http", "install"],
  "api/installs": [
    ...[
      "api/auth",
      "api/server",
      "api/openapi",
      "api/openapi/examples",
      "actions",
      "producer",
      "queue/actions",
      "queue/installs",
      "meta",
    ],
    ...["http", "install"],
  ],
  "api/batches": [
    ...[
      "api/auth",
      "api/server",
      "api/openapi",
      "api/openapi/examples",
      "api/installs",
      "producer",
      "producer/put",
      "producer/read",
    ],
    ...["producer/import", "producer/results", "queue/actions", "queue/batches", "queue/installs"],
    ...["http", "install"],
  ],

  // What roles report.
  metrics: ["worker/observe", "queue/maintenance", "queue/redis-state", "redis", "install"],
  traces: [
    "worker",
    "worker/observe",
    "webhook",
    "notify",
    "connect",
    "queue/installs",
    "bird",
    "meta",
    "install",
  ],

  // Bird, simulated, and a Redis of one's own.
  sandbox: [
    ...["sandbox/bird", "sandbox/events", "sandbox/faults", "sandbox/http", "sandbox/meta", "sandbox/state"],
    ...["http", "install"],
  ],
  "sandbox/http": [],
  "sandbox/faults": ["sandbox/http", "install"],
  "sandbox/meta": ["sandbox/http", "sandbox/faults", "http", "install"],
  "sandbox/events": ["sandbox/faults", "bird"],
  "sandbox/state": ["sandbox/events", "sandbox/faults"],
  "sandbox/bird": ["sandbox/state", "sandbox/events", "sandbox/faults", "sandbox/http"],
  "embedded-redis": ["files"],

  // Settings.
  config: ["api/auth", "queue/secrets", "queue/keyspace", "redis", "bird", "http", "install"],

  // Checks of everything an install needs, for the API and the command line alike.
  doctor: ["doctor/checks", "queue/installs", "queue/keyspace", "redis", "bird", "config"],
  "doctor/checks": [
    ...["doctor", "queue/gate", "queue/installs", "queue/redis-state", "queue/secrets", "queue/keyspace"],
    ...["redis", "notify", "bird", "meta", "http", "embedded-redis", "files", "config", "install"],
  ],

  // Starts a role with its connection, metrics and traces, for commands, tests and benchmarks.
  roles: [
    ...[
      "api",
      "connect",
      "producer",
      "producer/import",
      "worker",
      "doctor",
      "webhook",
      "notify",
      "metrics",
      "traces",
    ],
    ...["queue/gate", "queue/installs", "queue/keyspace", "queue/maintenance"],
    ...["queue/redis-state", "queue/secrets", "redis"],
    ...["bird", "meta", "config"],
  ],

  // The commands.
  "cli/terminal": ["install"],
  "cli/redis": ["cli/terminal", "queue/redis-state", "queue/keyspace", "redis", "install"],
  "cli/open": [
    ...["cli/redis", "cli/terminal", "roles", "actions", "traces", "install"],
    ...["queue/actions", "queue/batches", "queue/erase", "queue/gate", "queue/installs", "queue/links"],
    ...["queue/matching", "queue/outbox", "queue/maintenance"],
    ...["queue/redis-state", "queue/secrets", "queue/stats"],
    ...["queue/workspaces", "queue/keyspace", "redis", "bird", "meta", "notify", "embedded-redis"],
    ...["files", "config"],
  ],
  "cli/roles": [
    ...["cli/open", "cli/import", "cli/terminal", "roles", "api", "producer", "worker", "sandbox"],
    ...["sandbox/faults", "queue/links", "queue/keyspace", "bird", "config", "install"],
  ],
  "cli/batch": [
    ...["cli/terminal", "producer/read", "producer/results", "queue/actions", "queue/batches"],
    ...["queue/installs", "install"],
  ],
  "cli/import": [
    ...["cli/batch", "cli/terminal", "producer", "producer/put", "producer/read", "producer/import"],
    ...["queue/batches", "install"],
  ],
  "cli/installs": [
    ...["cli/batch", "cli/terminal", "actions", "producer", "queue/actions", "queue/erase", "queue/installs"],
    "install",
  ],
  "cli/connect": ["cli/terminal", "api", "api/installs", "queue/links", "install"],
  "cli/check": ["cli/installs", "cli/terminal", "meta", "install"],
  "cli/events": ["cli/terminal", "queue/matching", "install"],
  "cli/notifications": ["cli/terminal", "notify", "queue/outbox", "install"],
  "cli/stats": ["cli/terminal", "queue/stats", "install"],
  "cli/workspaces": [
    ...[
      "cli/installs",
      "cli/terminal",
      "actions",
      "api",
      "queue/gate",
      "queue/workspaces",
      "bird",
      "install",
    ],
  ],
  "cli/keys": ["cli/workspaces", "cli/terminal", "api/auth", "queue/secrets"],
  "cli/verify-signature": ["cli/terminal", "webhook", "bird", "config"],
  "cli/doctor": ["doctor", "cli/open", "cli/terminal", "config"],
};

/** The same of the console's rooms, in console/src/: screens share `ui` and `words`, and know nothing of one another. */
const consoleRooms = {
  api: [],
  ui: ["api"],
  charts: ["ui"],
  words: ["api", "ui"],
  session: ["api", "ui"],
  sandbox: ["api", "ui", "words"],
  shell: ["api", "ui", "words", "session"],
  ...Object.fromEntries(
    [
      ...["overview", "batches", "batch", "import", "installs", "install"],
      ...["connect", "workspaces", "events", "notifications", "setup"],
    ].map((screen) => [screen, ["api", "ui", "charts", "words", "session"]]),
  ),
};

/** Rooms that may log. */
const logging = (room) => !/^(install|redis|files|bird|meta|queue|actions|sandbox|config)/.test(room);

/** Libraries that belong to certain rooms or files. */
const libraries = {
  "bullmq|ioredis": [
    "redis",
    "queue",
    "worker",
    "producer/(producer|wait-for)",
    "producer/put",
    "webhook/(webhook|store-event)",
    "notify/(notifier|apply-delivery)",
  ],
  got: ["bird", "meta", "notify"],
  fastify: ["api", "connect", "http", "webhook", "sandbox", "metrics/admin-server"],
  "prom-client": ["metrics"],
  "standardwebhooks|request-filtering-agent|ipaddr.js": ["notify"],
  "@opentelemetry/api": ["traces", "producer"],
  "@opentelemetry/(?!api/)[^/]+|bullmq-otel": ["traces"],
  undici: ["sandbox"],
  "pino-pretty": ["main/text-log"],
};

const filesOf = (room) => `^src/${room}/[^/]+$`;
/** What may use the domain may use its values and its errors. */
const withDomain = (allowed) =>
  allowed.includes("install") ? [...allowed, "install/values", "install/errors"] : allowed;

module.exports = {
  forbidden: [
    {
      name: "no-circles",
      comment: "A circle of imports has no bottom to start reading from. That holds for types as well.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    ...Object.entries(rooms).map(([room, allowed]) => ({
      name: `${room}-imports-down`,
      comment: `${room}/ may import ${["itself", ...allowed].join(", ")}.`,
      severity: "error",
      from: { path: filesOf(room) },
      to: {
        path: "^src/",
        pathNot: [
          ...[room, ...withDomain(allowed)].map(filesOf),
          "^src/lazy\\.ts$",
          ...(logging(room) ? ["^src/log\\.ts$"] : []),
        ],
      },
    })),
    ...Object.entries(consoleRooms).map(([room, allowed]) => ({
      name: `console-${room}-imports-down`,
      comment: `console/src/${room}/ may import ${["itself", ...allowed].join(", ")}.`,
      severity: "error",
      from: { path: `^console/src/${room}/` },
      to: {
        path: "^(console/)?src/",
        pathNot: [room, ...allowed].map((each) => `^console/src/${each}/`),
      },
    })),
    {
      name: "every-console-room-is-known",
      comment: "A new folder of the console gets a line among its rooms.",
      severity: "error",
      from: {
        path: "^console/src/[^/]+/",
        pathNot: [...Object.keys(consoleRooms), "styles"].map((room) => `^console/src/${room}/`),
      },
      to: {},
    },
    {
      name: "console-stands-alone",
      comment: "The console knows Perch by its HTTP API alone, and Perch knows the console as files.",
      severity: "error",
      from: { path: "^(console|src)/" },
      to: { path: "^(console|src)/", pathNot: "^$1/" },
    },
    {
      name: "every-room-is-known",
      comment: "A new folder gets a line among the rooms of this file.",
      severity: "error",
      from: {
        path: "^src/",
        pathNot: [...Object.keys(rooms).map(filesOf), "^src/(main|log|lazy)\\.ts$", "^src/main/"],
      },
      to: {},
    },
    {
      name: "metrics-and-traces-know-only-types",
      comment:
        "metrics/ and traces/ serve what these rooms ask for; they use nothing of theirs, and are loaded without them.",
      severity: "error",
      from: { path: "^src/(metrics|traces)/" },
      to: { path: "^src/(worker|webhook|notify|connect|bird|meta)/", dependencyTypesNot: ["type-only"] },
    },
    ...Object.entries(libraries).map(([library, places]) => ({
      name: `${library.replace("|", "-")}-stays-home`,
      comment: `${library} is used in ${places.join(", ")} only.`,
      severity: "error",
      from: { path: "^src/", pathNot: places.map((place) => `^src/${place}(\\.ts$|/)`) },
      to: { path: `node_modules/(${library})/`, dependencyTypesNot: ["type-only"] },
    })),
    {
      name: "nothing-imports-main",
      comment: "main.ts and main/ compose; nobody needs them.",
      severity: "error",
      from: { pathNot: "^src/main(\\.ts$|/)" },
      to: { path: "^src/main(\\.ts$|/)" },
    },
    {
      name: "declared-dependencies",
      comment: "What src/ imports must be a dependency, not a development tool.",
      severity: "error",
      from: { path: "^src/" },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "unknown"], dependencyTypesNot: ["type-only"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
    },
  },
};
