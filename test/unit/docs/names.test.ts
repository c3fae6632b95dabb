import assert from "node:assert/strict";
import test from "node:test";
import { requestSchemas } from "../../../src/connect/protocol.ts";
import { createLog } from "../../../src/log.ts";
import { buildAdminServer } from "../../../src/metrics/admin-server.ts";
import { buildSandbox } from "../../../src/sandbox/app.ts";
import { buildWebhookServer } from "../../../src/webhook/server.ts";
import { codeFaults } from "../../support/docs/code-faults.ts";
import { commandFaults, commandFaultsOfText } from "../../support/docs/command-faults.ts";
import { fileFaults } from "../../support/docs/file-faults.ts";
import { linkFaults } from "../../support/docs/link-faults.ts";
import { metricFaults } from "../../support/docs/metric-faults.ts";
import { type Page, readPage } from "../../support/docs/page.ts";
import { docPages, noteFiles, readText } from "../../support/docs/repository.ts";
import { type KnownRoute, printedRoutes, routeFaults } from "../../support/docs/route-faults.ts";
import { settingFaults } from "../../support/docs/setting-faults.ts";
import { documentedRoutes } from "../../support/openapi.ts";
import { withStack } from "../../support/stack.ts";

/** A page of faults for the checks themselves: each must find its own and nothing else. */
const wrong = (text: string): Page => readPage("docs/wrong.md", text);

const eachPage = (faultsOf: (page: Page) => readonly string[]): void => {
  assert.ok(docPages.length > 10);
  for (const page of docPages) assert.deepEqual(faultsOf(page), [], page.name);
};

test("every command and option the docs name exists", () => {
  eachPage(commandFaults);
  for (const file of noteFiles) assert.deepEqual(commandFaultsOfText(readText(file)), [], file);
  const page = wrong(
    "`perch instal`, `perch keys drop`, `perch import FILE --wach` and `--nothing`\n```sh\nperch list \\\n  --stat failed | wc\n```\n",
  );
  assert.deepEqual(commandFaults(page), [
    "perch list has no --stat",
    "no command perch instal",
    "no command perch keys drop",
    "perch import has no --wach",
    "nothing has --nothing",
  ]);
  assert.deepEqual(commandFaultsOfText("made by perch keys sell, see perch dokter"), [
    "no command perch keys sell",
    "no command perch dokter",
  ]);
});

test("bug: outside a checkout npx asks the public registry for perch, which anybody may have published there", () => {
  const asks =
    /\bnpx\b|\bnpm (?:exec|x|create|init)\b|\b(?:npm (?:i|install|add)|yarn add|pnpm add) (?!\.\/)[a-z@]/;
  const texts = [
    ...docPages.filter(({ name }) => name !== "docs/decisions.md").map(({ name, text }) => ({ name, text })),
    ...[
      ...noteFiles,
      "examples/enqueue.mjs",
      "examples/install.sh",
      "src/cli/roles/start.ts",
      "bin/perch.js",
    ].map((name) => ({ name, text: readText(name) })),
  ];
  assert.deepEqual(
    texts.filter(({ text }) => asks.test(text)).map(({ name }) => name),
    [],
  );
  for (const text of ["npx perch list", "npm install perch", "npm i @org/perch"]) assert.match(text, asks);
  for (const text of ["npm install ./perch.tgz", "npm ci", "npm run -s perch -- list"])
    assert.doesNotMatch(text, asks);
});

test("every setting the docs name exists", () => {
  eachPage(settingFaults);
  for (const file of noteFiles)
    assert.deepEqual(settingFaults({ text: readText(file), blocks: [] }), [], file);
  const page = wrong("`WORKER_PORTS` and RETENTION_MS\n```sh\nSHARD=2 perch worker\n```\n");
  assert.deepEqual(settingFaults(page), ["no setting WORKER_PORTS", "no setting SHARD"]);
});

test("every metric the docs name exists", () => {
  eachPage(metricFaults);
  assert.deepEqual(metricFaults(wrong("perch_installs, `perch_stage_seconds_bucket`, perch_nothing")), [
    "no metric perch_nothing",
  ]);
});

test("every code, status and reason the docs name exists", () => {
  eachPage(codeFaults);
  assert.deepEqual(codeFaults(wrong("`channel_timeout` or `channel_time_out`")), [
    "no code channel_time_out",
  ]);
});

test("every link within the docs leads to a file and a heading", () => {
  eachPage(linkFaults);
  const page = wrong(
    "# A heading: here\n[a](#a-heading-here) [b](#else) [c](gone.md) [d](api.md#keys) [e](api.md#locks)",
  );
  assert.deepEqual(linkFaults(page), [
    "no heading docs/wrong.md#else",
    "no file docs/gone.md",
    "no heading docs/api.md#locks",
  ]);
});

test("every file and npm script the docs name exists", () => {
  eachPage(fileFaults);
  const page = wrong(
    "`src/config/config.ts`, `src/config/confg.ts`, `matching.ts`, `bench/`, `test/load/`, `npm run dmeo`",
  );
  assert.deepEqual(fileFaults(page), ["no file src/config/confg.ts", "no file test/load/", "no script dmeo"]);
});

test("every route the docs name exists", () =>
  withStack({ startsPaused: true }, async ({ startAnApi }) => {
    const routes = [...(await apiRoutes((await startAnApi()).url)), ...(await otherRoutes())];
    eachPage((page) => routeFaults(page, routes));
    const page = wrong(
      "`GET /v1/install`, `PUT /v1/installs/{id}`, `/v1/installs?state=failed`, `POST /webhooks/bird/{workspaceId}/x`",
    );
    assert.deepEqual(routeFaults(page, routes), [
      "no route GET /v1/install",
      "no route PUT /v1/installs/{id}",
      "/v1/installs takes no state",
      "no route POST /webhooks/bird/{workspaceId}/x",
    ]);
  }));

const apiRoutes = async (url: string): Promise<readonly KnownRoute[]> => [
  ...(await documentedRoutes(url)).map(({ method, path, parameters }) => ({
    method,
    path: path.replaceAll(/\{\w+\}/g, "{}"),
    query: parameters.filter((parameter) => parameter.in === "query").map(({ name }) => name),
  })),
  ...["/openapi.json", "/docs"].map((path) => ({ method: "GET", path })),
  ...Object.keys(requestSchemas).map((name) => ({ method: "POST", path: `/v1/session/${name}` })),
];

/** Routes of the servers without a document of their own; the sandbox has those of Bird and Meta. */
const otherRoutes = async (): Promise<readonly KnownRoute[]> => {
  const nothing = async () => ({ result: "ignored" as const });
  const woken = async () => "busy" as const;
  const servers = [
    buildWebhookServer({
      storeEvent: nothing,
      wake: woken,
      signingKeys: () => [],
      publicUrl: () => "",
      maxAgeMs: 0,
      takesEvents: async () => undefined,
      ready: nothing,
      log: createLog({ level: "silent", role: "test" }),
    }),
    buildAdminServer({
      expose: async () => ({ contentType: "", text: "" }),
      obstacle: async () => undefined,
    }),
    buildSandbox({}).app,
  ];
  const trees: string[] = [];
  for (const server of servers) {
    await server.ready();
    trees.push(server.printRoutes({ commonPrefix: false }));
    await server.close();
  }
  return trees.flatMap(printedRoutes);
};
