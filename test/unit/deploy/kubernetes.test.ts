import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { promisify } from "node:util";
import { z } from "zod";
import { graceMs } from "../../../src/cli/until-stopped.ts";
import { isSettingName, readConfig } from "../../../src/config.ts";
import { gauges } from "../../../src/metrics/definitions.ts";
import {
  networkPolicySchema,
  podMonitorSchema,
  resourceSchema,
  scaledObjectSchema,
  serviceSchema,
} from "./kubernetes-schema.ts";
import { deploymentOf, manifests, manifestsOf } from "./manifests.ts";
import { onPath } from "./on-path.ts";
import { readYaml, repository, yamlDocuments } from "./repository.ts";
import { roleNames, secretSettings, settingsOfRole } from "./settings-of-roles.ts";

const folder = "deploy/kubernetes";
const kustomizationSchema = z.object({
  resources: z.array(z.string()).default([]),
  configMapGenerator: z.array(z.object({ name: z.string(), literals: z.array(z.string()) })).default([]),
  images: z.array(z.object({ name: z.string() })).default([]),
});
const kustomizationOf = (part: string) =>
  readYaml(`${folder}/${part}/kustomization.yaml`, kustomizationSchema);

/** Settings a container has with a value, not those of Secret and ConfigMap. */
const fixedSettings = (role: (typeof roleNames)[number]): Record<string, string> =>
  Object.fromEntries(
    deploymentOf(role).container.env.flatMap(({ name, value }) =>
      value === undefined ? [] : [[name, value]],
    ),
  );

const listening = (role: (typeof roleNames)[number]): Record<string, number> => {
  const config = readConfig(fixedSettings(role));
  return {
    api: { http: config.API_PORT },
    worker: { admin: config.WORKER_PORT },
    webhook: { http: config.WEBHOOK_PORT, admin: config.WEBHOOK_ADMIN_PORT },
  }[role];
};

test("a kustomization lists every file beside it", () => {
  for (const part of ["base", "keda", "monitoring"]) {
    const files = readdirSync(join(repository, folder, part)).filter((file) => file !== "kustomization.yaml");
    assert.deepEqual([...kustomizationOf(part).resources].sort(), files.sort());
  }
});

test("every role has a Deployment that runs it, and containers meet the restricted standard", () => {
  for (const role of roleNames) assert.deepEqual(deploymentOf(role).container.args, [role]);
  const [{ name } = assert.fail()] = kustomizationOf("base").images;
  for (const role of roleNames) assert.equal(deploymentOf(role).container.image, name);
});

test("every variable is a setting, and listens where the container's ports say", () => {
  const literals = ["base", "example"].flatMap((part) =>
    kustomizationOf(part).configMapGenerator.flatMap(({ literals: each }) => each),
  );
  const secretSchema = z.object({ stringData: z.record(z.string(), z.string()) });
  const secret = readYaml(`${folder}/secret.example.yaml`, secretSchema).stringData;
  const names = [
    ...literals.map((literal) => literal.split("=")[0] ?? ""),
    ...Object.keys(secret),
    ...roleNames.flatMap((role) => deploymentOf(role).container.env.map(({ name }) => name)),
  ];
  assert.ok(names.length > 15);
  for (const name of names) assert.ok(isSettingName(name), name);
  readConfig({ ...Object.fromEntries(literals.map((literal) => literal.split("="))), ...secret });
  for (const role of roleNames) {
    const ports = deploymentOf(role).container.ports.map(({ name, containerPort }) => [name, containerPort]);
    assert.deepEqual(Object.fromEntries(ports), listening(role), role);
    const hosts = Object.entries(fixedSettings(role)).filter(([name]) => name.endsWith("_HOST"));
    assert.ok(hosts.length > 0 && hosts.every(([, host]) => host === "0.0.0.0"), role);
  }
});

test("probes ask a port of the container", () => {
  for (const role of roleNames) {
    const { startupProbe, livenessProbe, readinessProbe } = deploymentOf(role).container;
    for (const { httpGet } of [startupProbe, livenessProbe, readinessProbe])
      assert.ok(httpGet.port in listening(role), role);
    assert.deepEqual([livenessProbe.httpGet.path, readinessProbe.httpGet.path], ["/healthz", "/readyz"]);
  }
});

test("a pod is given longer to stop than its pause and the role take at most", () => {
  for (const role of roleNames) {
    const { pod, container } = deploymentOf(role);
    const pauseSeconds = Number(container.lifecycle?.preStop.exec.command[1] ?? 0);
    assert.equal(pauseSeconds > 0, role !== "worker");
    assert.ok(pod.terminationGracePeriodSeconds > pauseSeconds + graceMs / 1000, role);
  }
});

test("the webhook service is given no secret it does not read, the others the whole Secret", () => {
  const secretsOf = (role: (typeof roleNames)[number]) =>
    deploymentOf(role).container.envFrom.flatMap(({ secretRef }) => secretRef?.name ?? []);
  assert.deepEqual(roleNames.map(secretsOf), [["perch"], ["perch"], []]);
  const { env } = deploymentOf("webhook").container;
  const given = env.flatMap(({ name, valueFrom }) => (valueFrom === undefined ? [] : [name]));
  for (const { name, valueFrom } of env)
    assert.ok(valueFrom === undefined || valueFrom.secretKeyRef.key === name);
  const read = secretSettings.filter((name) => settingsOfRole("webhook").has(name));
  assert.deepEqual([...given].sort(), ["REDIS_URL", ...read].sort());
});

test("Services, budgets, policies and monitors select pods there are, by ports they have", () => {
  const services = manifestsOf("Service", serviceSchema);
  const policies = manifestsOf("NetworkPolicy", networkPolicySchema);
  const monitors = manifestsOf("PodMonitor", podMonitorSchema);
  for (const role of roleNames) {
    const { labels } = deploymentOf(role);
    const ports = Object.keys(listening(role));
    const same = (other: Record<string, string>): boolean => JSON.stringify(other) === JSON.stringify(labels);
    const service = services.find(({ metadata }) => metadata.name === `perch-${role}`) ?? assert.fail(role);
    assert.ok(same(service.spec.selector));
    for (const { targetPort } of service.spec.ports) assert.ok(ports.includes(targetPort));
    const policy = policies.find(({ spec }) => same(spec.podSelector.matchLabels)) ?? assert.fail(role);
    const allowed = policy.spec.ingress.flatMap(({ ports: each }) => each.map(({ port }) => port));
    assert.deepEqual(allowed, ports);
    // Metrics need no key on this port, so strangers must not reach it.
    for (const { from, ports: each } of policy.spec.ingress)
      assert.equal(
        from !== undefined,
        each.some(({ port }) => port === "admin"),
      );
    const monitor = monitors.find(({ spec }) => same(spec.selector.matchLabels)) ?? assert.fail(role);
    const [endpoint] = monitor.spec.podMetricsEndpoints;
    assert.equal(endpoint.port, role === "api" ? "http" : "admin");
    assert.equal(endpoint.authorization !== undefined, role === "api");
    assert.ok(
      manifests.some(
        ({ kind, metadata }) => kind === "PodDisruptionBudget" && metadata.name === `perch-${role}`,
      ),
    );
  }
});

/** Whether a worker shows this sample, and where its Service lets one ask. */
const assertScalesOnAMetric = (document: unknown, namespace: string): void => {
  const { spec } = scaledObjectSchema.parse(document);
  assert.equal(spec.scaleTargetRef.name, "perch-worker");
  assert.ok(spec.minReplicaCount >= 1, "sweeps need a worker");
  const [{ metadata }] = spec.triggers;
  const { hostname, port, pathname } = new URL(metadata.url);
  const service = manifestsOf("Service", serviceSchema).find((each) => each.metadata.name === "perch-worker");
  assert.equal(hostname, `perch-worker.${namespace}.svc`);
  assert.equal(Number(port), service?.spec.ports[0]?.port);
  assert.equal(pathname, "/metrics");
  assert.equal(metadata.valueLocation, `perch_installs{status="${gauges.perch_installs.labels.status[0]}"}`);
  assert.ok(Number(metadata.targetValue) > 0);
};

test("KEDA asks the workers' Service for a number they show, and never scales to none", () => {
  const [document] = manifestsOf("ScaledObject", z.unknown());
  assertScalesOnAMetric(document, "perch");
  assert.equal(deploymentOf("worker").replicas, undefined);
});

const kubectl = onPath("kubectl");

test("kustomize renders the example, with its namespace, image and settings everywhere", {
  skip: kubectl === undefined && "kubectl is not on PATH",
}, async () => {
  const { stdout } = await promisify(execFile)(kubectl ?? "", [
    "kustomize",
    join(repository, folder, "example"),
  ]);
  const rendered = yamlDocuments(stdout);
  const resources = rendered.map((document) => resourceSchema.parse(document));
  assert.equal(resources.length, manifests.length + 1);
  for (const { kind, metadata } of resources) assert.equal(metadata.namespace, "perch", kind);
  assert.ok(!stdout.includes("image: perch\n"));
  const map = resources.find(({ kind }) => kind === "ConfigMap")?.metadata.name ?? "";
  assert.match(map, /^perch-settings-\w+$/);
  assert.equal(stdout.split(`name: ${map}`).length - 1, 1 + roleNames.length);
  const scaled = rendered.find((document) => resourceSchema.parse(document).kind === "ScaledObject");
  assertScalesOnAMetric(scaled, "perch");
});
