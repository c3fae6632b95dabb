import assert from "node:assert/strict";
import { once } from "node:events";
import { request as rawRequest } from "node:http";
import test from "node:test";
import { z } from "zod";
import type { ApiSettings } from "../../src/api/settings.ts";
import { installSchema, installWithTimelineSchema } from "../../src/install/install.ts";
import { type ApiClient, createApiClient } from "../support/api-client.ts";
import { installRequest, workspaceId } from "../support/request.ts";
import { type Stack, type StackOptions, withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";

const pageSchema = z.object({ items: z.array(installSchema), nextCursor: z.string().optional() });
const errorsSchema = z.object({ errors: z.array(z.object({ path: z.string(), message: z.string() })) });

/** A running API in front of a stack. */
const withApi = (
  run: (call: ApiClient, stack: Stack, url: string) => Promise<void>,
  options: StackOptions = {},
  settings: Partial<ApiSettings> = {},
): Promise<void> =>
  withStack(options, async (stack) => {
    const { url } = await stack.startAnApi(settings);
    await run(createApiClient(url), stack, url);
  });

const neverReady = { sandbox: { faults: [{ times: "always", fault: { kind: "channel_never" } }] } } as const;
const refusedOnce = {
  sandbox: { faults: [{ phoneId: installRequest(1).phoneId, fault: { kind: "status", status: 422 } }] },
} as const;

const post = async (call: ApiClient, n: number, change: object = {}, headers = {}) =>
  call("/v1/installs", { json: { ...installRequest(n), ...change }, headers });

test("an install is queued with 202 and where it is, and a long poll answers its end with a timeline", () =>
  withApi(async (call) => {
    const queued = await post(call, 1, { phoneNumber: "001 (415) 555-0101", metadata: { a: "1" } });
    assert.equal(queued.status, 202);
    const install = queued.as(installSchema);
    assert.equal(queued.headers.get("location"), `/v1/installs/${install.id}`);
    assert.equal(install.phoneNumber, "+14155550101");
    assert.deepEqual(install.metadata, { a: "1" });
    assert.doesNotMatch(queued.text, /TEST-TOKEN/);
    const ended = await call(`/v1/installs/${install.id}?wait=30`);
    assert.equal(ended.status, 200);
    const { status, connectorId, channelId, timeline } = ended.as(installWithTimelineSchema);
    assert.equal(status, "completed");
    assert.ok(connectorId !== undefined && channelId !== undefined);
    assert.deepEqual([timeline[0]?.what, timeline.at(-1)?.what], ["queued", "completed"]);
  }));

test("a number that has a current install is answered with it, 200, and reinstall makes a new one", () =>
  withApi(async (call) => {
    const first = (await post(call, 1)).as(installSchema);
    const second = await post(call, 1, { name: "Another name" });
    assert.equal(second.status, 200);
    assert.equal(second.as(installSchema).id, first.id);
    assert.equal(second.headers.get("location"), `/v1/installs/${first.id}`);
    assert.equal(second.headers.get("perch-install-status"), null);
    await call(`/v1/installs/${first.id}?wait=30`);
    const again = await post(call, 1, { reinstall: true });
    assert.equal(again.status, 202);
    assert.notEqual(again.as(installSchema).id, first.id);
  }));

test("the same Idempotency-Key answers the first install, and says so when that is dead", () =>
  withApi(async (call) => {
    const headers = { "idempotency-key": "order 7" };
    const first = await post(call, 1, {}, headers);
    assert.equal(first.status, 202);
    const { id } = first.as(installSchema);
    await call(`/v1/installs/${id}?wait=30`);
    const again = await post(call, 1, {}, headers);
    assert.equal(again.status, 200);
    assert.equal(again.headers.get("perch-install-status"), "failed");
    const dead = again.as(installSchema);
    assert.deepEqual([dead.id, dead.status, dead.error?.code], [id, "failed", "rejected_by_bird"]);
  }, refusedOnce));

test("the same Idempotency-Key with another body is refused and names what differs, never its value", () =>
  withApi(async (call) => {
    const headers = { "idempotency-key": "k" };
    await post(call, 1, {}, headers);
    const other = await post(call, 1, { name: "X", accessToken: "CANARY" }, headers);
    assert.equal(other.status, 422);
    assert.equal(other.body.code, "idempotency_key_reused");
    assert.deepEqual(
      other
        .as(errorsSchema)
        .errors.map(({ path }) => path)
        .sort(),
      ["/accessToken", "/name"],
    );
    assert.doesNotMatch(other.text, /CANARY/);
  }));

test("an Idempotency-Key of a request that joined an install keeps standing for that install", () =>
  withApi(async (call, { client, keys }) => {
    const { id } = (await post(call, 1)).as(installSchema);
    const headers = { "idempotency-key": "joined" };
    assert.equal((await post(call, 1, {}, headers)).as(installSchema).id, id);
    const records = await client.keys(keys.idempotency("*"));
    const [record] = await Promise.all(records.map((key) => client.get(key)));
    assert.equal(JSON.parse(record ?? "{}").installId, id);
    assert.ok((await client.pttl(records[0] ?? "")) > 47 * 3_600_000, "as long as before");
  }));

test("an Idempotency-Key must be 1 to 255 printable characters", () =>
  withApi(async (call) => {
    for (const key of ["x".repeat(256), "\u00e9"]) {
      const refused = await post(call, 1, {}, { "idempotency-key": key });
      assert.equal(refused.status, 422, JSON.stringify(key));
      assert.deepEqual(
        refused.as(errorsSchema).errors.map(({ path }) => path),
        ["/idempotency-key"],
      );
    }
    assert.equal((await post(call, 1, {}, { "idempotency-key": "x".repeat(255) })).status, 202);
  }));

test("everything that is wrong with a request is named at once", () =>
  withApi(async (call, { client, keys }) => {
    const { wabaId: _, ...rest } = installRequest(1);
    const wrong = { ...rest, name: "", phoneNumber: "12", callbackUrl: "http://a.example", typo: 1 };
    const refused = await call("/v1/installs", { json: wrong });
    assert.equal(refused.status, 422);
    assert.equal(refused.body.code, "invalid_request");
    assert.match(refused.headers.get("content-type") ?? "", /^application\/problem\+json/);
    assert.deepEqual(
      refused
        .as(errorsSchema)
        .errors.map(({ path }) => path)
        .sort(),
      ["/callbackUrl", "/name", "/phoneNumber", "/typo", "/wabaId"],
    );
    assert.equal(await client.exists(keys.installs), 0);
  }));

test("exactly one of accessToken and signupCode is needed, and a code needs Meta's app", () =>
  withApi(async (call) => {
    const { accessToken, ...rest } = installRequest(1);
    const errorsOf = async (json: object) => (await call("/v1/installs", { json })).as(errorsSchema).errors;
    assert.deepEqual(await errorsOf(rest), [
      { path: "/accessToken", message: "is missing: send it, or the signupCode of the embedded signup" },
    ]);
    const [without, both] = await errorsOf({ ...rest, accessToken, signupCode: "c" });
    assert.deepEqual([without?.path, both?.path], ["/signupCode", "/signupCode"]);
    assert.match(without?.message ?? "", /META_APP_ID and META_APP_SECRET/);
    assert.match(both?.message ?? "", /together with accessToken/);
  }));

test("http addresses of webhooks are refused at the door, unless the settings allow them", async () => {
  const plain = {
    callbackUrl: "http://10.0.0.1/x",
    channelWebhooks: { url: "http://a.example/", signingKey: "k" },
  };
  await withApi(async (call) => {
    const refused = await post(call, 1, plain);
    const paths = refused.as(errorsSchema).errors.map(({ path }) => path);
    assert.deepEqual(paths.sort(), ["/callbackUrl", "/channelWebhooks/url"]);
  });
  await withApi(async (call) => assert.equal((await post(call, 1, plain)).status, 202), neverReady, {
    allowsHttp: true,
  });
});

test("a long poll answers the install as it is when the time is up, and refuses more than a minute", () =>
  withApi(async (call) => {
    const { id } = (await post(call, 1)).as(installSchema);
    await until("it waits for its channel", async () => {
      const { status } = (await call(`/v1/installs/${id}`)).as(installSchema);
      return status === "awaiting_channel";
    });
    const startMs = performance.now();
    const current = await call(`/v1/installs/${id}?wait=0.2`);
    assert.ok(performance.now() - startMs >= 199);
    assert.equal(current.as(installSchema).status, "awaiting_channel");
    for (const wait of ["61", "-1", "x", "", "1e1", "0x1"])
      assert.equal((await call(`/v1/installs/${id}?wait=${wait}`)).status, 422, wait);
    assert.equal((await call("/v1/installs/01ARZ3NDEKTSV4RRFFQ69G5FAV?wait=5")).status, 404);
  }, neverReady));

test("a request that disconnects is dropped, and closing answers all that wait", () =>
  withStack(neverReady, async (stack) => {
    const gone = Promise.withResolvers<void>();
    const { producer } = stack;
    let waiting = 0;
    const watched = {
      ...producer,
      waitFor: async (...args: Parameters<typeof producer.waitFor>) => {
        waiting += 1;
        try {
          return await producer.waitFor(...args);
        } finally {
          waiting -= 1;
          if (args[1]?.signal?.aborted === true) gone.resolve();
        }
      },
    };
    const api = await stack.startAnApi({}, watched);
    const call = createApiClient(api.url);
    const { id } = (await post(call, 1)).as(installSchema);
    const hangingUp = rawRequest(`${api.url}/v1/installs/${id}?wait=60`);
    hangingUp.on("error", () => undefined);
    hangingUp.end();
    await until("it waits", async () => waiting === 1);
    hangingUp.destroy();
    await gone.promise;
    await until("nobody waits", async () => waiting === 0);

    const waited = call(`/v1/installs/${id}?wait=60`);
    await until("it waits again", async () => waiting === 1);
    const [answer] = await Promise.all([waited, api.close()]);
    assert.equal(answer.status, 200);
    assert.notEqual(answer.as(installSchema).status, "completed");
  }));

test("the list narrows by every filter, in any usual writing, and goes on by its cursor", () =>
  withApi(async (call) => {
    const other = "1c7a3f1d-8e2b-4a1f-8d66-4b2a1a7a5e21";
    const failed = (await post(call, 1)).as(installSchema);
    const failedEnd = (await call(`/v1/installs/${failed.id}?wait=30`)).as(installSchema);
    assert.equal(failedEnd.status, "failed");
    const ids: string[] = [];
    for (const n of [2, 3, 4]) {
      const { id } = (await post(call, n, n === 4 ? { workspaceId: other } : {})).as(installSchema);
      await call(`/v1/installs/${id}?wait=30`);
      ids.unshift(id);
    }
    const [last = "", , first = ""] = ids;
    const { connectorId = "", channelId = "" } = (await call(`/v1/installs/${last}`)).as(installSchema);
    const list = async (query: string) =>
      (await call(`/v1/installs?${query}`)).as(pageSchema).items.map(({ id }) => id);
    assert.deepEqual(await list(""), [...ids, failed.id]);
    assert.deepEqual(await list("status=completed"), ids);
    assert.deepEqual(await list("status=failed&errorCode=rejected_by_bird"), [failed.id]);
    assert.deepEqual(await list("status=failed,completed"), [...ids, failed.id]);
    assert.deepEqual(await list("status=completed&status=failed&limit=1"), ids.slice(0, 1));
    assert.deepEqual(await list("name=ACME%203"), ids.slice(1, 2));
    assert.deepEqual(await list("since=1h"), [...ids, failed.id]);
    assert.deepEqual(await list("since=2999-01-01"), []);
    assert.deepEqual(await list("errorCode=channel_timeout"), []);
    assert.deepEqual(await list(`workspaceId=${other.toUpperCase()}`), [last]);
    assert.deepEqual(await list(`phoneNumber=${encodeURIComponent("00 1 (415) 555-0102")}`), [first]);
    assert.deepEqual(await list("phoneNumber=+14155550102"), [first], "an unescaped plus is a space");
    assert.deepEqual(await list(`connectorId=${connectorId}`), [last]);
    assert.deepEqual(await list(`channelId=${channelId}&workspaceId=${workspaceId}`), []);
    assert.deepEqual(await list(`channelId=${channelId}`), [last]);
    assert.deepEqual(await list("batchId=01ARZ3NDEKTSV4RRFFQ69G5FAV"), []);

    const pages: string[][] = [];
    let cursor: string | undefined;
    do {
      const query = `limit=3${cursor === undefined ? "" : `&cursor=${cursor}`}`;
      const page = (await call(`/v1/installs?${query}`)).as(pageSchema);
      pages.push(page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    assert.deepEqual(pages.flat(), [...ids, failed.id]);
  }, refusedOnce));

test("a query that breaks its schema names everything that is wrong", () =>
  withApi(async (call) => {
    const query =
      "status=done&limit=201&phoneNumber=12&workspaceId=x&errorCode=x&connectorId=%20&page=2&cursor=%22";
    const refused = await call(`/v1/installs?${query}`);
    assert.equal(refused.status, 422);
    assert.equal(refused.as(errorsSchema).errors.length, 8);
    for (const right of ["status=failed&status=held", "status=failed,held", "since=2h", "since=2026-01-31"])
      assert.equal((await call(`/v1/installs?${right}`)).status, 200, right);
    for (const wrong of [
      "limit=0",
      "limit=1.5",
      "limit=",
      "limit=5&limit=6",
      "status=",
      "status=failed,",
      "status=failed,odd",
      "name=",
      "since=soon",
      "since=2026-02-30",
    ])
      assert.equal((await call(`/v1/installs?${wrong}`)).status, 422, wrong);
  }));

test("a failed install is retried with what is replaced; one that has not failed is a conflict", () =>
  withApi(async (call) => {
    const { id } = (await post(call, 1)).as(installSchema);
    await call(`/v1/installs/${id}?wait=30`);
    const refused = await call(`/v1/installs/${id}/retry`, { json: { workspaceId, name: "" } });
    assert.deepEqual(
      refused
        .as(errorsSchema)
        .errors.map(({ path }) => path)
        .sort(),
      ["/name", "/workspaceId"],
    );
    const retried = await call(`/v1/installs/${id}/retry`, { json: { name: "Better" } });
    assert.equal(retried.status, 200);
    assert.equal(retried.as(installSchema).name, "Better");
    const ended = (await call(`/v1/installs/${id}?wait=30`)).as(installSchema);
    assert.deepEqual([ended.status, ended.name], ["completed", "Better"]);
    const again = await call(`/v1/installs/${id}/retry`, { method: "POST" });
    assert.equal(again.status, 409);
    assert.equal(again.body.code, "wrong_state");
    assert.equal((await call("/v1/installs/nobody/retry", { method: "POST" })).status, 404);
  }, refusedOnce));

test("a retry needs no body, whatever its content type says", () =>
  withApi(async (call) => {
    const { id } = (await post(call, 1)).as(installSchema);
    await call(`/v1/installs/${id}?wait=30`);
    const headers = { "content-type": "application/json" };
    assert.equal((await call(`/v1/installs/${id}/retry`, { method: "POST", headers })).status, 200);
    assert.equal((await call(`/v1/installs/${id}?wait=30`)).as(installSchema).status, "completed");
  }, refusedOnce));

test("an install that has not ended is cancelled and says what stays; one that has is a conflict", () =>
  withApi(async (call) => {
    const { id } = (await post(call, 1)).as(installSchema);
    await until("it is bound", async () => (await call(`/v1/installs/${id}`)).as(installSchema).connectorId);
    const cancelled = await call(`/v1/installs/${id}/cancel`, { method: "POST" });
    assert.equal(cancelled.status, 200);
    assert.ok(cancelled.as(installSchema).cancellation);
    const ended = (await call(`/v1/installs/${id}?wait=30`)).as(installSchema);
    assert.equal(ended.status, "cancelled");
    assert.match(ended.cancellation?.notUndone.join() ?? "", /exists at Bird/);
    assert.equal((await call(`/v1/installs/${id}/cancel`, { method: "POST" })).status, 409);
    assert.equal((await call("/v1/installs/nobody/cancel", { method: "POST" })).status, 404);
  }, neverReady));

test("names of other things in Redis are no installs", () =>
  withApi(async (call) => {
    await post(call, 1);
    for (const id of [
      "events",
      "meta",
      "completed",
      "prioritized",
      "01ARZ3NDEKTSV4RRFFQ69G5FAV:logs",
      "..%2Fx",
    ]) {
      for (const [path, method] of [
        ["", "GET"],
        ["/cancel", "POST"],
        ["/retry", "POST"],
        ["/connector", "DELETE"],
      ] as const) {
        const answer = await call(`/v1/installs/${id}${path}`, { method });
        assert.equal(answer.status, 404, `${method} ${id}${path}`);
      }
    }
  }));

test("a request that never ends is not waited for when the API closes", () =>
  withStack({}, async (stack) => {
    const api = await stack.startAnApi();
    const half = rawRequest(`${api.url}/v1/installs`, {
      method: "POST",
      headers: { "content-type": "application/json", "content-length": "100" },
    });
    half.on("error", () => undefined);
    half.write("{");
    await once(half, "socket");
    half.destroy();
    await api.close();
  }));
