import assert from "node:assert/strict";
import test from "node:test";
import { decisionsPage } from "../../../docs/write-decisions.ts";

const page = `# Decisions

Append an entry at the end.

## Contents

**Queue**

- [One \`job\`, one install](#2026-01-01--one-job-one-install)

## 2026-01-01 · One \`job\`, one install

The job is the truth.
_Because_ a second copy drifts. _Instead
of_ a table. _Revisit when_ Redis is too small.

## 2026-01-02 · Ids name their shard

They do. _Because_ lists need it.
`;

test("npm run docs gives each part of a decision its paragraph and lists what the contents lack", () => {
  const written = decisionsPage(page);
  assert.equal(
    written,
    `# Decisions

Append an entry at the end.

## Contents

**Queue**

- [One \`job\`, one install](#2026-01-01--one-job-one-install)

**Not under a theme yet**

- [Ids name their shard](#2026-01-02--ids-name-their-shard)

## 2026-01-01 · One \`job\`, one install

The job is the truth.

_Because_ a second copy drifts.

_Instead of_ a table.

_Revisit when_ Redis is too small.

## 2026-01-02 · Ids name their shard

They do.

_Because_ lists need it.
`,
  );
  assert.equal(decisionsPage(written), written);
});
