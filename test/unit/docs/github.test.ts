import assert from "node:assert/strict";
import { globSync } from "node:fs";
import test from "node:test";
import { z } from "zod";
import { readYaml, repository } from "../deploy/repository.ts";

const workflowSchema = z.object({
  permissions: z.strictObject({ contents: z.literal("read") }),
  jobs: z.record(
    z.string(),
    z.object({
      "timeout-minutes": z.number(),
      strategy: z.object({ matrix: z.object({ node: z.array(z.number()) }) }),
      steps: z.array(z.object({ uses: z.string().optional(), run: z.string().optional() })),
    }),
  ),
});

const fieldSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("markdown"), attributes: z.strictObject({ value: z.string() }) }),
  z.object({
    type: z.enum(["textarea", "input", "dropdown", "checkboxes"]),
    id: z.string(),
    attributes: z.object({ label: z.string() }),
  }),
]);

const formSchema = z.strictObject({
  name: z.string(),
  description: z.string(),
  labels: z.array(z.string()),
  body: z.array(fieldSchema),
});

test("the workflow reads the repository only, pins every action and knows three versions of Node", () => {
  const { jobs } = readYaml(".github/workflows/ci.yml", workflowSchema);
  assert.deepEqual(Object.keys(jobs), ["static", "test", "deep", "package"]);
  for (const [name, { strategy, steps }] of Object.entries(jobs)) {
    assert.deepEqual(strategy.matrix.node, [22, 24, 26], name);
    const actions = steps.flatMap(({ uses }) => (uses === undefined ? [] : [uses]));
    assert.ok(actions.length > 0, name);
    for (const action of actions) assert.match(action, /^actions\/[\w-]+@(?:[0-9a-f]{40}|v\d+)$/, name);
  }
});

test("every issue form has a name and fields that GitHub knows, each with an id of its own", () => {
  const forms = globSync(".github/ISSUE_TEMPLATE/*.yml", { cwd: repository }).filter(
    (file) => !file.endsWith("config.yml"),
  );
  assert.equal(forms.length, 3);
  for (const file of forms) {
    const ids = readYaml(file, formSchema).body.flatMap((field) => ("id" in field ? [field.id] : []));
    assert.equal(new Set(ids).size, ids.length, file);
  }
});
