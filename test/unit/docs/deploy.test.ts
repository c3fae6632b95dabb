import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join, normalize } from "node:path";
import test from "node:test";
import { composeSchema } from "../deploy/compose-schema.ts";
import { manifests } from "../deploy/manifests.ts";
import { readText, readYaml, repository } from "../deploy/repository.ts";

const page = readText("docs/deploy.md");
const { services } = readYaml("docker-compose.yml", composeSchema);

test("every file the guide to deployment names exists", () => {
  const named = page.match(/(?<![\w/.-])(?:\/opt\/perch\/)?(?:deploy|docs|examples|bin)\/[\w./-]*\w/g) ?? [];
  const files = new Set(named.map((file) => file.replace("/opt/perch/", "")));
  // Written by who follows the guide.
  files.delete("deploy/prometheus/perch-api-key");
  assert.ok(files.size > 8, [...files].join());
  for (const file of files)
    if (!file.startsWith("deploy/perch-")) assert.ok(existsSync(join(repository, file)), file);
});

test("links of the guide to deployment lead somewhere", () => {
  const links = [...page.matchAll(/\]\(([^)#]*)(?:#([\w-]+))?\)/g)];
  assert.ok(links.length > 8);
  for (const [, file = "", heading] of links) {
    const target = file === "" ? "docs/deploy.md" : normalize(`docs/${file}`);
    const headings = [...readText(target).matchAll(/^#+ (.+)$/gm)].map(([, text = ""]) =>
      text.toLowerCase().replaceAll(" ", "-"),
    );
    assert.ok(heading === undefined || headings.includes(heading), `${target}#${heading}`);
  }
});

test("services, profiles, Deployments and units the guide to deployment names are there", () => {
  const named = (pattern: RegExp): readonly string[] =>
    [...page.matchAll(pattern)].map(([, name = ""]) => name);
  const ofCompose = [
    ...named(/docker compose exec (?:-T )?([\w-]+)/g),
    ...named(/docker compose run (?:--[\w-]+ )*([\w-]+)/g),
    ...named(/docker compose up -d --no-deps ([\w-]+)/g),
    ...named(/--scale ([\w-]+)=/g),
  ];
  assert.ok(ofCompose.length > 6);
  for (const name of ofCompose) assert.ok(name in services, name);
  const profiles = Object.values(services).flatMap((service) => service.profiles);
  for (const name of named(/--profile (\w+)/g)) assert.ok(profiles.includes(name), name);
  const deployments = manifests.flatMap(({ kind, metadata }) =>
    kind === "Deployment" ? [metadata.name] : [],
  );
  for (const name of named(/ deploy\/(perch-\w+)/g)) assert.ok(deployments.includes(name), name);
  for (const name of named(/\b(perch-(?:api|webhook|worker@)|perch\.target)(?=[\s;\d])/g))
    assert.ok(
      existsSync(join(repository, "deploy/systemd", name.endsWith("target") ? name : `${name}.service`)),
      name,
    );
});

test("addresses the guide to deployment gives are published", () => {
  const published = Object.values(services).flatMap(({ ports }) =>
    ports.map((port) => /:(\d+):/.exec(port)?.[1]),
  );
  const named = [...page.matchAll(/127\.0\.0\.1:(\d+)/g)].map(([, port]) => port);
  assert.ok(named.length > 4);
  assert.deepEqual(
    named.filter((port) => !published.includes(port)),
    [],
  );
});

test("no line of the guide to deployment is longer than 120 characters", () => {
  for (const line of page.split("\n")) assert.ok(line.length <= 120, line);
});
