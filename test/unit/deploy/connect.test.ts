import assert from "node:assert/strict";
import test from "node:test";
import { isSettingName, readConfig } from "../../../src/config/config.ts";
import { composeSchema } from "./compose-schema.ts";
import { deploymentSchema, networkPolicySchema, serviceSchema } from "./kubernetes-schema.ts";
import { readText, readYaml, yamlDocuments } from "./repository.ts";
import { secretSettings, settingsOfRole } from "./settings-of-roles.ts";

const read = settingsOfRole("connect");
const given = ["META_APP_SECRET", "SEALING_KEYS"];

test("the connect service reads no secret of Bird, of callers and of receivers", () => {
  assert.deepEqual(secretSettings.filter((name) => read.has(name)).toSorted(), given);
});

test("Compose gives the connect service what it reads and no other secret", () => {
  const { connect } = readYaml("docker-compose.yml", composeSchema).services;
  assert.deepEqual([connect?.profiles, connect?.command], [["connect"], ["connect"]]);
  const environment = connect?.environment ?? {};
  assert.deepEqual(
    [...read].filter((name) => !(name in environment)),
    [],
  );
  assert.deepEqual(secretSettings.filter((name) => name in environment).toSorted(), given);
});

test("Kubernetes gives the connect service what it reads of the Secret, and lets strangers reach its page only", () => {
  const documents = yamlDocuments(readText("deploy/kubernetes/connect/connect.yaml"));
  const [deployment, service, policy] = [deploymentSchema, serviceSchema, networkPolicySchema].map((schema) =>
    documents.map((document) => schema.safeParse(document).data).find((each) => each !== undefined),
  );
  const { spec } = deploymentSchema.parse(deployment);
  const [container] = spec.template.spec.containers;
  assert.deepEqual(container.args, ["connect"]);
  for (const { name } of container.env) assert.ok(isSettingName(name), name);
  const secrets = container.env.flatMap(({ name, valueFrom }) => (valueFrom === undefined ? [] : [name]));
  assert.deepEqual(secrets.toSorted(), ["OTEL_EXPORTER_OTLP_HEADERS", "REDIS_URL", ...given].toSorted());
  const fixed = container.env.flatMap(({ name, value }) =>
    value === undefined ? [] : [[name, value] as const],
  );
  const config = readConfig(Object.fromEntries(fixed));
  assert.deepEqual(
    container.ports.map(({ containerPort }) => containerPort),
    [config.CONNECT_PORT, config.CONNECT_ADMIN_PORT],
  );
  assert.deepEqual(
    serviceSchema.parse(service).spec.ports.map(({ targetPort }) => targetPort),
    ["http"],
  );
  for (const { from, ports } of networkPolicySchema.parse(policy).spec.ingress)
    assert.equal(
      from !== undefined,
      ports.some(({ port }) => port === "admin"),
    );
});

test("systemd takes from the connect service every secret it does not read", () => {
  const unit = readText("deploy/systemd/perch-connect.service");
  const taken = [...unit.matchAll(/^UnsetEnvironment=(.*)$/gm)].flatMap(([, names = ""]) => names.split(" "));
  const unread = secretSettings.filter((name) => !read.has(name)).flatMap((name) => [name, `${name}_FILE`]);
  assert.deepEqual(taken.toSorted(), [...unread].toSorted());
  const hardening = (role: string) =>
    readText(`deploy/systemd/perch-${role}.service`).split("# A dynamic user")[1];
  assert.equal(hardening("connect"), hardening("webhook"));
  assert.match(unit, /^ExecStart=\/opt\/perch\/bin\/perch\.js connect$/m);
  assert.match(unit, /^User=perch-connect$/m);
});
