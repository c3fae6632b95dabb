import assert from "node:assert/strict";
import test from "node:test";
import { z } from "zod";
import { problemSchema } from "../../src/api/server/problem-schema.ts";
import type { Install } from "../../src/install/install.ts";
import type { ApiAnswer, ApiClient, ApiRequest } from "../support/api-client.ts";
import { documentedRoutes } from "../support/openapi.ts";
import { until } from "../support/until.ts";
import {
  requestIn,
  type Tenants,
  withTenants,
  workspaceA,
  workspaceB,
  workspaceC,
} from "./tenants-fixture.ts";

const idSchema = z.looseObject({ id: z.string() });
const itemsSchema = z.object({ items: z.array(z.looseObject({})), nextCursor: z.string().optional() });
const errorsSchema = problemSchema.pick({ errors: true });

const idOf = (answer: ApiAnswer): string => answer.as(idSchema).id;

/** Everything of a list, page by page. */
const pagesOf = async (call: ApiClient, path: string, limit: number) => {
  const items: Record<string, unknown>[] = [];
  for (let cursor: string | undefined; ; ) {
    const at = `${path}${path.includes("?") ? "&" : "?"}limit=${limit}`;
    const answer = await call(cursor === undefined ? at : `${at}&cursor=${cursor}`);
    assert.equal(answer.status, 200, answer.text);
    const page = answer.as(itemsSchema);
    assert.ok(page.items.length <= limit);
    items.push(...page.items);
    cursor = page.nextCursor;
    if (cursor === undefined) return items;
  }
};

/** What is there of a workspace: an install that has completed and one that was cancelled, a batch, notifications, an event. */
const populate = async (
  { stack, operator, upload, arrive, announce }: Tenants,
  workspace: string,
  from: number,
) => {
  const install = async (n: number, change: object = {}): Promise<Install> => {
    const queued = await operator("/v1/installs", { json: { ...requestIn(workspace, n), ...change } });
    assert.equal(queued.status, 202, queued.text);
    return stack.producer.waitFor(idOf(queued));
  };
  const completed = await install(from, { callbackUrl: `https://crm.example/${from}` });
  assert.equal(completed.status, "completed");
  const uploaded = await upload(
    operator,
    [requestIn(workspace, from + 1), requestIn(workspace, from + 2)],
    "?name=own",
  );
  assert.equal(uploaded.status, 202, uploaded.text);
  const batchId = idOf(uploaded);
  await until("the batch has finished", async () => (await stack.producer.batches.find(batchId))?.finishedAt);
  await arrive(`stray-${from}`, workspace);
  const link = await operator("/v1/connect-links", { json: { workspaceId: workspace, name: "Acme" } });
  return {
    completed,
    batchId,
    linkId: idOf(link),
    callbackId: await announce(completed, completed.callbackUrl ?? ""),
    notifyId: await announce(completed, "https://operator.example/hook?token=CANARY9"),
  };
};

type World = Awaited<ReturnType<typeof populate>>;

const nowhere = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
const nobody = "d0000000-7d1a-4f0e-9c55-3a1f0f6f4d1d";

/** What a key for workspace A sees of workspace B. */
type Decision =
  /** It is for keys of all workspaces only. */
  | "fleet"
  /** The same, of a stream that does not end. */
  | "endless"
  /** It is about the key alone. */
  | "own"
  /** A list, in which it stands nowhere. */
  | "filtered"
  /** As if there were no such thing. */
  | {
      readonly id: (world: World) => string;
      readonly missing: string;
      readonly json?: unknown;
      readonly query?: string;
    }
  /** It names the workspace itself. */
  | "refused";

const install = { id: ({ completed }: World) => completed.id, missing: nowhere };
const batch = { id: ({ batchId }: World) => batchId, missing: nowhere };
const workspace = { id: () => workspaceB, missing: nobody };
const link = { id: ({ linkId }: World) => linkId, missing: `lnk_${nowhere}` };

/** Every operation of the API: one that is not here fails the test. */
const decisions: Readonly<Record<string, Decision>> = {
  "POST /v1/installs": "refused",
  "GET /v1/installs": "filtered",
  "GET /v1/installs/{id}": { ...install, query: "?wait=5" },
  "GET /v1/installs/{id}/events": install,
  // They act on what a filter matches: see installs-many.test.ts.
  "POST /v1/installs/retry": "refused",
  "POST /v1/installs/cancel": "refused",
  "POST /v1/installs/{id}/retry": { ...install, json: { name: "other" } },
  "POST /v1/installs/{id}/cancel": install,
  "POST /v1/installs/{id}/test-message": { ...install, json: { to: "+14155550199", text: "hello" } },
  "DELETE /v1/installs/{id}/connector": install,
  "POST /v1/batches": "refused",
  "GET /v1/batches": "filtered",
  "GET /v1/batches/{id}": batch,
  "GET /v1/batches/{id}/rows": batch,
  "GET /v1/batches/{id}/results": batch,
  "GET /v1/batches/{id}/events": batch,
  "POST /v1/batches/{id}/retry": { ...batch, json: {} },
  "POST /v1/batches/{id}/pause": batch,
  "POST /v1/batches/{id}/resume": batch,
  "POST /v1/batches/{id}/cancel": batch,
  "GET /v1/workspaces/{id}": workspace,
  "GET /v1/workspaces": "filtered",
  "POST /v1/workspaces/{id}/prepare": workspace,
  "PUT /v1/workspaces/{id}/access-key": { ...workspace, json: { accessKey: "any-key" } },
  "DELETE /v1/workspaces/{id}/access-key": workspace,
  "POST /v1/workspaces/{id}/resume": workspace,
  "POST /v1/connect-links": "refused",
  "GET /v1/connect-links": "filtered",
  "GET /v1/connect-links/{id}": link,
  "DELETE /v1/connect-links/{id}": link,
  "GET /v1/events": "filtered",
  "GET /v1/events/unmatched": "filtered",
  "GET /v1/events/unreadable": "fleet",
  "GET /v1/doctor": "fleet",
  "GET /v1/stats": "fleet",
  "GET /v1/stats/events": "endless",
  "GET /v1/notifications": "filtered",
  "GET /v1/notifications/{id}": { id: ({ callbackId }) => callbackId, missing: "msg_nowhere" },
  "POST /v1/notifications/{id}/resend": { id: ({ callbackId }) => callbackId, missing: "msg_nowhere" },
  "GET /v1/notifications/receivers": "filtered",
  // They act on a receiver: see notification-receivers.test.ts.
  "POST /v1/notifications/resend": "refused",
  "POST /v1/notifications/test": "refused",
  "GET /v1/session": "own",
  "DELETE /v1/session": "own",
  "GET /metrics": "fleet",
};

/** An answer without what differs from request to request, and with the id that was asked for left out. */
const toldOf = ({ status, text }: ApiAnswer, id: string) => ({
  status,
  text: text.replaceAll(id, "ID").replace(/"requestId":"[^"]+"/, ""),
});

/** Calls one operation with the key of workspace A. */
const hold = async (
  { a, operator }: Tenants,
  { name, method, path }: { readonly name: string; readonly method: string; readonly path: string },
  { own, foreign }: { readonly own: World; readonly foreign: World },
): Promise<void> => {
  const decision = decisions[name] ?? assert.fail(`nothing is decided about ${name}`);
  if (decision === "refused") return; // The tests below send what each of these takes.
  if (decision === "endless") {
    const answer = await a(path, { method });
    assert.deepEqual([answer.status, answer.as(problemSchema).code], [403, "forbidden"], name);
    return;
  }
  if (decision === "fleet") {
    const answer = await a(path, { method });
    assert.deepEqual([answer.status, answer.as(problemSchema).code], [403, "forbidden"], name);
    assert.equal((await operator(path, { method })).status, 200, name);
    return;
  }
  if (decision === "own") {
    const { status, text } = await a(path, { method });
    assert.equal(status, 200, name);
    assert.doesNotMatch(text, new RegExp(`${workspaceB}|redis|operator`), name);
    return;
  }
  if (decision === "filtered") {
    const { text } = await a(path, { method });
    for (const part of [
      workspaceB,
      foreign.completed.id,
      foreign.batchId,
      foreign.linkId,
      foreign.callbackId,
      "stray-200",
      "crm.example/200",
    ])
      assert.ok(!text.includes(part), `${name} tells ${part}`);
    const isFilled = [own.completed.id, own.batchId, "stray-100", workspaceA, "crm.example/100"].some(
      (part) => text.includes(part),
    );
    assert.ok(isFilled, `${name} holds what is the key's own`);
    return;
  }
  const { missing, json, query = "" } = decision;
  const request: ApiRequest = { method, ...(json !== undefined && { json }) };
  const askFor = (id: string) => a(path.replace("{id}", id) + query, request);
  const id = decision.id(foreign);
  const answer = await askFor(id);
  assert.equal(answer.status, 404, `${name}: ${answer.text}`);
  assert.deepEqual(toldOf(answer, id), toldOf(await askFor(missing), missing), name);
};

test("no operation shows a key anything outside its workspaces, or does anything there", () =>
  withTenants({}, async (tenants) => {
    const { url, operator, stack } = tenants;
    const own = await populate(tenants, workspaceA, 100);
    const foreign = await populate(tenants, workspaceB, 200);
    const told = async (): Promise<unknown> => [
      (await operator(`/v1/installs/${foreign.completed.id}`)).body,
      (await operator(`/v1/batches/${foreign.batchId}`)).body,
      (await operator(`/v1/connect-links/${foreign.linkId}`)).body,
      // An event that came before is written down some seconds later.
      (await operator(`/v1/workspaces/${workspaceB}`)).text.replace(/"lastEventAt":"[^"]+",/, ""),
      await pagesOf(operator, "/v1/notifications", 50),
      stack.sandbox.report().messages,
    ];
    const before = await told();
    const guarded = (await documentedRoutes(url)).filter(({ security }) => security.length > 0);
    assert.deepEqual(guarded.map(({ name }) => name).sort(), Object.keys(decisions).sort());
    for (const route of guarded) await hold(tenants, route, { own, foreign });
    assert.deepEqual(await told(), before);
  }));

test("a key for workspaces does in its own what any other key does", () =>
  withTenants({}, async (tenants) => {
    const { a, readerA } = tenants;
    const own = await populate(tenants, workspaceA, 100);
    const id = own.completed.id;
    for (const call of [a, readerA]) {
      assert.equal((await call(`/v1/installs/${id}`)).status, 200);
      assert.equal((await call(`/v1/batches/${own.batchId}`)).status, 200);
      assert.equal((await call(`/v1/batches/${own.batchId}/results`)).status, 200);
      assert.equal((await call(`/v1/workspaces/${workspaceA.toUpperCase()}`)).status, 200);
      assert.equal((await call("/v1/notifications")).as(itemsSchema).items.length, 2);
      assert.equal((await call("/v1/events/unmatched")).as(itemsSchema).items.length, 1);
    }
    const message = { to: "+14155550199", text: "hello" };
    assert.equal((await a(`/v1/installs/${id}/test-message`, { json: message })).status, 200);
    assert.equal((await readerA(`/v1/installs/${id}/test-message`, { json: message })).status, 403);
    assert.equal((await a(`/v1/workspaces/${workspaceA}/resume`, { method: "POST" })).status, 200);
    assert.equal((await a(`/v1/batches/${own.batchId}/retry`, { json: {} })).status, 200);
    assert.equal((await a(`/v1/installs/${id}/connector`, { method: "DELETE" })).status, 200);
  }));

test("a single install outside the key's workspaces is refused before anything is looked up", () =>
  withTenants({ startsPaused: true }, async ({ a, operator, b }) => {
    const existing = await operator("/v1/installs", {
      json: requestIn(workspaceB, 1),
      headers: { "idempotency-key": "k1" },
    });
    assert.equal(existing.status, 202);
    for (const json of [
      requestIn(workspaceB, 1),
      requestIn(workspaceB.toUpperCase(), 1),
      requestIn(nobody, 1),
    ]) {
      const answer = await a("/v1/installs", { json, headers: { "idempotency-key": "k1" } });
      assert.equal(answer.status, 403, answer.text);
      assert.equal(answer.headers.get("location"), null);
      const { code, errors } = answer.as(problemSchema);
      assert.equal(code, "forbidden");
      assert.deepEqual(errors, [
        { path: "/workspaceId", message: "is none of the workspaces of this API key" },
      ]);
      assert.doesNotMatch(answer.text, new RegExp(idOf(existing)));
    }
    assert.equal((await a("/v1/installs", { json: requestIn(workspaceA.toUpperCase(), 1) })).status, 202);
    const again = await b("/v1/installs", { json: requestIn(workspaceB, 1) });
    assert.deepEqual([again.status, idOf(again)], [200, idOf(existing)]);
  }));

test("lists of a key for workspaces are whole and hold nothing else, however many a page", () =>
  withTenants({ startsPaused: true }, async (tenants) => {
    const { a, ac, operator, upload, arrive, announce, stack } = tenants;
    const ids = new Map<string, string[]>([workspaceA, workspaceB, workspaceC].map((id) => [id, []]));
    for (let n = 0; n < 18; n += 1) {
      const [of = ""] = [workspaceA, workspaceB, workspaceC].slice(n % 3);
      const queued = await operator("/v1/installs", {
        json: { ...requestIn(of, n), callbackUrl: "https://crm.example" },
      });
      ids.get(of)?.push(idOf(queued));
      const found = await stack.producer.installs.find(idOf(queued));
      await announce(found ?? assert.fail(), "https://crm.example");
      await arrive(`stray-${n}`, of);
      await upload(operator, [requestIn(of, 100 + n)], `?name=${n % 3}`);
    }
    await arrive("stray-unknown", undefined);
    const own = (...of: readonly string[]) =>
      of
        .flatMap((id) => ids.get(id) ?? [])
        .sort()
        .reverse();
    for (const limit of [1, 2, 5, 50]) {
      for (const [call, of] of [
        [a, [workspaceA]],
        [ac, [workspaceA, workspaceC]],
      ] as const) {
        const installs = (await pagesOf(call, "/v1/installs", limit)).filter(
          ({ batchId }) => batchId === undefined,
        );
        assert.deepEqual(
          installs.map(({ id }) => id),
          own(...of),
        );
        const notifications = await pagesOf(call, "/v1/notifications?status=pending", limit);
        assert.deepEqual(
          notifications
            .map(({ subjectId }) => String(subjectId))
            .sort()
            .reverse(),
          own(...of),
        );
        const events = await pagesOf(call, "/v1/events/unmatched", limit);
        assert.deepEqual([...new Set(events.map(({ workspaceId }) => workspaceId))].sort(), [...of].sort());
        assert.equal(events.length, 6 * of.length);
        const batches = await pagesOf(call, "/v1/batches", limit);
        assert.equal(batches.length, 6 * of.length);
      }
    }
    for (const filter of [`workspaceId=${workspaceB}`, `workspaceId=${nobody}`])
      assert.deepEqual((await a(`/v1/installs?${filter}`)).body, { items: [] });
    const [foreignId = ""] = ids.get(workspaceB) ?? [];
    const foreign = await stack.producer.installs.find(foreignId);
    const number = encodeURIComponent(foreign?.phoneNumber ?? "");
    assert.equal((await operator(`/v1/installs?phoneNumber=${number}`)).as(itemsSchema).items.length, 1);
    assert.deepEqual((await a(`/v1/installs?phoneNumber=${number}`)).body, { items: [] });
    const [batchB] = (await pagesOf(operator, "/v1/batches", 50)).filter(({ name }) => name === "1");
    assert.equal((await operator(`/v1/installs?batchId=${batchB?.id}`)).as(itemsSchema).items.length, 1);
    assert.deepEqual((await a(`/v1/installs?batchId=${batchB?.id}`)).body, { items: [] });
  }));

test("a row for another workspace is rejected, and stops none of the others", () =>
  withTenants({ startsPaused: true }, async ({ a, b, operator, upload }) => {
    const existing = await operator("/v1/installs", { json: requestIn(workspaceB, 2) });
    const rows = [
      requestIn(workspaceA, 1),
      requestIn(workspaceB, 2),
      { ...requestIn(workspaceB.toUpperCase(), 3), name: "" },
      requestIn(workspaceA.toUpperCase(), 4),
    ];
    const told = await upload(a, rows, "?dryRun=true");
    const { errors } = told.as(
      z.object({
        errors: z.array(z.object({ row: z.int(), errors: z.array(z.object({ path: z.string() })) })),
      }),
    );
    assert.deepEqual(
      errors.map(({ row, errors: each }) => [row, each.map(({ path }) => path)]),
      [
        [2, ["/workspaceId"]],
        [3, ["/workspaceId", "/name"]],
      ],
    );
    assert.equal(told.body.created, 2);
    assert.equal(told.body.finishBasis, "budget");
    const made = await upload(a, rows);
    assert.equal(made.status, 202, made.text);
    const { accepted, attached, rejected, requestedBy } = made.body;
    assert.deepEqual([accepted, attached, rejected, requestedBy], [2, 0, 2, "tenant-a"]);
    assert.equal((await b("/v1/installs")).as(itemsSchema).items.length, 1);
    const results = await a(`/v1/batches/${idOf(made)}/results?status=rejected`);
    assert.equal(results.text.trim().split("\n").length, 2);
    assert.match(results.text, /none of the workspaces/);
    assert.doesNotMatch(results.text, new RegExp(idOf(existing)));
    const ndjson = [requestIn(workspaceA, 5), requestIn(workspaceB, 6), 7]
      .map((row) => JSON.stringify(row))
      .join("\n");
    const second = await a("/v1/batches", {
      text: ndjson,
      headers: { "content-type": "application/x-ndjson" },
    });
    assert.deepEqual([second.status, second.body.accepted, second.body.rejected], [202, 1, 2]);
  }));

test("a batch is seen by a key that reaches everything in it", () =>
  withTenants({ startsPaused: true }, async ({ a, ac, b, operator, upload }) => {
    const A = (n: number) => requestIn(workspaceA, n);
    const broken = (workspaceId: string, n: number) => ({ ...requestIn(workspaceId, n), phoneNumber: "x" });
    const cases = [
      { by: operator, rows: [A(1)], seenBy: [a, ac] },
      { by: operator, rows: [A(2), requestIn(workspaceC, 3)], seenBy: [ac] },
      { by: operator, rows: [A(4), requestIn(workspaceB, 5)], seenBy: [] },
      // A rejected row is about the workspace that it names, or about any.
      { by: operator, rows: [A(6), broken(workspaceA, 7)], seenBy: [a, ac] },
      { by: operator, rows: [A(8), broken(workspaceB, 9)], seenBy: [] },
      { by: operator, rows: [A(10), broken("x", 11)], seenBy: [] },
      { by: a, rows: [A(12), broken("x", 13), requestIn(workspaceB, 14)], seenBy: [a, ac] },
      { by: ac, rows: [A(15)], seenBy: [a, ac] },
      { by: ac, rows: [A(16), broken("x", 17)], seenBy: [ac] },
    ];
    for (const [at, { by, rows, seenBy }] of cases.entries()) {
      const made = await upload(by, rows, `?name=${at}`);
      assert.equal(made.status, 202, made.text);
      for (const [name, call] of Object.entries({ a, ac, b })) {
        const isSeen = seenBy.includes(call);
        const expected = isSeen ? 200 : 404;
        assert.equal((await call(`/v1/batches/${idOf(made)}`)).status, expected, `${at} by ${name}`);
        const listed = await pagesOf(call, "/v1/batches", 3);
        assert.equal(
          listed.some(({ id }) => id === idOf(made)),
          isSeen,
          `${at} listed for ${name}`,
        );
      }
      assert.equal((await operator(`/v1/batches/${idOf(made)}`)).status, 200);
    }
  }));

test("an upload does not go on with a batch that another key began", () =>
  withTenants({ startsPaused: true }, async ({ a, operator, stack, upload }) => {
    const rows = [requestIn(workspaceA, 1)];
    const { importRows } = stack.producer;
    const options = {
      name: "upload",
      requestedBy: "operator",
      namespace: "operator",
      end: () => "stopped" as const,
    };
    const cut = await importRows([{ row: 1, input: rows[0] }], options);
    for await (const _ of cut.rows);
    const made = await upload(a, rows);
    assert.equal(made.status, 202);
    assert.notEqual(idOf(made), cut.batchId);
    assert.deepEqual([made.body.accepted, made.body.attached], [0, 1]);
    assert.equal(
      (await a(`/v1/batches/${cut.batchId}`)).status,
      404,
      "it may still turn out to be about any",
    );
    assert.equal((await operator(`/v1/batches/${cut.batchId}`)).status, 200);
  }));

test("a tenant sees only the host of a notification to the operator's address, and cannot send it again", () =>
  withTenants({}, async (tenants) => {
    const { a, operator } = tenants;
    const own = await populate(tenants, workspaceA, 100);
    const items = (await a("/v1/notifications")).as(
      z.object({ items: z.array(z.object({ id: z.string(), url: z.string(), workspaceId: z.string() })) }),
    ).items;
    const urls = new Map(items.map(({ id, url }) => [id, url]));
    assert.equal(urls.get(own.callbackId), "https://crm.example/100");
    assert.equal(urls.get(own.notifyId), "https://operator.example");
    const refused = await a(`/v1/notifications/${own.notifyId}/resend`, { method: "POST" });
    assert.equal(refused.status, 403, refused.text);
    assert.doesNotMatch(refused.text, /CANARY9/);
    const pending = await a(`/v1/notifications/${own.callbackId}/resend`, { method: "POST" });
    assert.equal(pending.status, 409, "it is pending");
    assert.match((await operator("/v1/notifications")).text, /CANARY9/);
  }));

test("every issue of a request for a foreign workspace is named before the refusal", () =>
  withTenants({ startsPaused: true }, async ({ a }) => {
    const answer = await a("/v1/installs", { json: { ...requestIn(workspaceB, 1), name: "" } });
    assert.equal(answer.status, 422);
    assert.deepEqual(
      answer.as(errorsSchema).errors?.map(({ path }) => path),
      ["/name"],
    );
  }));
