import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { BlockList, isIPv6 } from "node:net";
import { join } from "node:path";
import test from "node:test";
import { promisify } from "node:util";
import { z } from "zod";
import { graceMs } from "../../../src/cli/terminal/until-stopped.ts";
import { isSettingName, readConfig } from "../../../src/config/config.ts";
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
import { readText, readYaml, repository, yamlDocuments } from "./repository.ts";
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
  for (const part of ["base", "connect", "keda", "monitoring", "egress"]) {
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

test("bug: pods of the API are given the whole Secret; each role is given what it reads of it", () => {
  for (const role of roleNames) {
    const { env, envFrom } = deploymentOf(role).container;
    assert.deepEqual(
      envFrom.flatMap(({ secretRef }) => secretRef?.name ?? []),
      [],
    );
    for (const { name, valueFrom } of env)
      assert.ok(valueFrom === undefined || valueFrom.secretKeyRef.key === name);
    const given = env.flatMap(({ name, valueFrom }) => (valueFrom === undefined ? [] : [name]));
    const read = secretSettings.filter((name) => settingsOfRole(role).has(name));
    assert.deepEqual(given.toSorted(), ["OTEL_EXPORTER_OTLP_HEADERS", "REDIS_URL", ...read].toSorted(), role);
  }
});

const egressSchema = z.object({
  spec: z.object({
    podSelector: z.object({ matchExpressions: z.tuple([z.object({ values: z.array(z.string()) })]) }),
    egress: z.array(
      z.object({
        to: z.array(
          z.looseObject({
            ipBlock: z.object({ cidr: z.string(), except: z.array(z.string()).default([]) }).optional(),
          }),
        ),
        ports: z.array(z.object({ port: z.number() })),
      }),
    ),
  }),
});

test("the sample of what may go out lets API and workers reach public addresses only, and the webhook service none", () => {
  const [all, outside] = yamlDocuments(readText(`${folder}/egress/egress.yaml`)).map(
    (document) => egressSchema.parse(document).spec,
  );
  assert.deepEqual(
    all?.podSelector.matchExpressions[0].values,
    [...roleNames, "connect"].map((role) => `perch-${role}`),
  );
  assert.deepEqual(outside?.podSelector.matchExpressions[0].values, [
    "perch-api",
    "perch-worker",
    "perch-connect",
  ]);
  const blocks = outside?.egress.flatMap(({ to }) => to.flatMap(({ ipBlock }) => ipBlock ?? [])) ?? [];
  const isLetThrough = (address: string): boolean =>
    blocks.some(({ cidr, except }) => isIn(address, cidr) && !except.some((each) => isIn(address, each)));
  for (const address of ["127.0.0.1", "10.0.0.1", "100.100.100.200", "168.63.129.16", "169.254.169.254"])
    assert.ok(!isLetThrough(address), address);
  for (const address of ["172.16.0.1", "192.168.1.1", "224.0.0.1", "255.255.255.255", "::1", "fd00:ec2::254"])
    assert.ok(!isLetThrough(address), address);
  for (const address of ["8.8.8.8", "172.32.0.1", "2606:4700:4700::1111"])
    assert.ok(isLetThrough(address), address);
});

const isIn = (address: string, cidr: string): boolean => {
  const [network = "", prefix] = cidr.split("/");
  const list = new BlockList();
  list.addSubnet(network, Number(prefix), isIPv6(network) ? "ipv6" : "ipv4");
  return isIPv6(network) === isIPv6(address) && list.check(address, isIPv6(address) ? "ipv6" : "ipv4");
};

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
  assert.equal(metadata.valueLocation, `perch_runs{state="${gauges.perch_runs.labels.state[0]}"}`);
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
