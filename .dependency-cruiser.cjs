/** The rooms of src/ and which way imports may point. See CONTRIBUTING.md. */
const rooms = {
  install: [],
  http: ["install"],
  bird: ["http", "install"],
  redis: [],
  queue: ["redis", "install"],
  producer: ["queue", "redis", "install"],
  worker: ["queue", "redis", "bird", "install"],
  webhook: ["http", "queue", "redis", "bird", "install"],
  api: ["http", "producer", "queue", "redis", "bird", "meta", "install"],
  notify: ["queue", "redis", "install"],
  meta: ["http", "install"],
  metrics: ["queue", "redis", "install"],
  traces: ["worker", "webhook", "notify", "queue", "redis", "bird", "install"],
  sandbox: ["http", "bird", "install"],
  files: [],
  "embedded-redis": ["files"],
  cli: [
    "api",
    "http",
    "producer",
    "worker",
    "webhook",
    "notify",
    "meta",
    "metrics",
    "traces",
    "sandbox",
    "embedded-redis",
    "files",
    "queue",
    "redis",
    "bird",
    "install",
  ],
};

/** Libraries that belong to certain rooms. */
const libraries = {
  "bullmq|ioredis": [
    "redis",
    "queue",
    "worker/(worker|errand-worker|carry-out|process-install|settle-fault)",
    "producer/(producer|wait-for|put-installs)",
    "webhook/(webhook|store-event)",
    "worker/sweep",
    "notify/notifier",
    "api/api",
  ],
  got: ["bird", "meta", "notify"],
  fastify: ["api", "http", "webhook", "sandbox", "metrics/admin-server"],
  "prom-client": ["metrics"],
  "standardwebhooks|request-filtering-agent|ipaddr.js": ["notify"],
  "@opentelemetry/api": ["traces", "producer"],
  "@opentelemetry/(?!api/)[^/]+|bullmq-otel": ["traces"],
  undici: ["sandbox"],
  jose: ["queue"],
};

module.exports = {
  forbidden: [
    {
      name: "no-circles",
      comment: "A circle of imports has no bottom to start reading from.",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    ...Object.entries(rooms).map(([room, allowed]) => ({
      name: `${room}-imports-down`,
      comment: `${room}/ may import ${["itself", ...allowed].join(", ")} and, of the top level, only log.ts and config.ts (types).`,
      severity: "error",
      from: { path: `^src/${room}/` },
      to: {
        path: "^src/",
        pathNot: [
          ...[room, ...allowed].map((name) => `^src/${name}/`),
          ...(room === "install" || room === "bird" || room === "queue" || room === "redis"
            ? []
            : ["^src/log\\.ts$"]),
          ...(room === "cli" ? ["^src/config\\.ts$"] : []),
        ],
      },
    })),
    {
      name: "traces-know-only-types",
      comment:
        "traces/ serves what these rooms ask for; it uses nothing of theirs, and is loaded without them.",
      severity: "error",
      from: { path: "^src/traces/" },
      to: { path: "^src/(worker|webhook|notify|bird)/", dependencyTypesNot: ["type-only"] },
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
