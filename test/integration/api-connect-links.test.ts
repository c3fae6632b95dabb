import assert from "node:assert/strict";
import test from "node:test";
import { z } from "zod";
import { connectLinkSchema } from "../../src/install/connect-link.ts";
import { type ApiClient, createApiClient } from "../support/api-client.ts";
import { workspaceId } from "../support/request.ts";
import { localConnect } from "../support/role-settings.ts";
import { type Stack, withStack } from "../support/stack.ts";
import { keys, workspaceA, workspaceB } from "./tenants-fixture.ts";

const connect = localConnect;
const createdSchema = z.strictObject({
  id: z.string(),
  url: z.string(),
  expiresAt: z.string(),
  status: z.literal("open"),
});
const pageSchema = z.object({ items: z.array(connectLinkSchema), nextCursor: z.string().optional() });
const link = { workspaceId, name: "Acme" };

const withApi = (run: (call: ApiClient, stack: Stack) => Promise<void>): Promise<void> =>
  withStack({ startsPaused: true }, async (stack) => {
    const { url } = await stack.startAnApi({ connect });
    await run(createApiClient(url), stack);
  });

test("a link is made, its address shown once, listed, found and revoked", () =>
  withApi(async (call) => {
    const body = { ...link, metadata: { customer: "42" }, redirectUrl: "https://app.example.com/done" };
    const answered = await call("/v1/connect-links", { json: body });
    assert.equal(answered.status, 201);
    const made = answered.as(createdSchema);
    assert.match(made.url, /^https:\/\/connect\.example\.com\/c\/lnk_[0-9A-Z]{26}#[\w-]{40}$/);
    assert.ok(made.url.includes(made.id));
    const found = (await call(`/v1/connect-links/${made.id}`)).as(connectLinkSchema);
    assert.deepEqual(
      [found.status, found.metadata, found.redirectUrl, found.requestedBy],
      ["open", body.metadata, body.redirectUrl, "local"],
    );
    assert.equal(Date.parse(found.expiresAt) - Date.parse(found.createdAt), 7 * 86_400_000);
    const [, secret = ""] = made.url.split("#");
    const list = await call("/v1/connect-links");
    assert.deepEqual(list.as(pageSchema).items, [found]);
    assert.ok(!list.text.includes(secret));
    for (const times of [1, 2]) {
      const revoked = await call(`/v1/connect-links/${made.id}`, { method: "DELETE" });
      assert.deepEqual([revoked.status, revoked.body.status], [200, "revoked"], `${times}`);
    }
    assert.equal((await call("/v1/connect-links/lnk_01KB6X4Q8ZGABCDEFGH1234567")).status, 404);
    assert.equal((await call("/v1/connect-links/nothing", { method: "DELETE" })).status, 404);
  }));

test("everything wrong with a link is named at once", () =>
  withApi(async (call) => {
    const wrong = await call("/v1/connect-links", {
      json: {
        ...link,
        name: "",
        accessToken: "EAAG",
        expiresInSeconds: 2_592_001,
        redirectUrl: "https://evil.example/",
        callbackUrl: "http://receiver.example/",
      },
    });
    assert.equal(wrong.status, 422);
    const { errors } = wrong.as(z.object({ errors: z.array(z.object({ path: z.string() })) }));
    assert.deepEqual(errors.map(({ path }) => path).sort(), [
      ...["/accessToken", "/callbackUrl", "/expiresInSeconds", "/name", "/redirectUrl"],
    ]);
    for (const redirectUrl of [
      ...[
        "http://app.example.com/",
        "https://app.example.com.evil.example/",
        "https://app.example.com:8443/",
      ],
      ...["javascript:alert(1)", "https://user@app.example.com/", "//app.example.com/"],
    ])
      assert.equal(
        (await call("/v1/connect-links", { json: { ...link, redirectUrl } })).status,
        422,
        redirectUrl,
      );
  }));

test("without CONNECT_PUBLIC_URL no link is made, and the answer says why", () =>
  withStack({ startsPaused: true }, async (stack) => {
    const { url } = await stack.startAnApi({});
    const refused = await createApiClient(url)("/v1/connect-links", { json: link });
    assert.equal(refused.status, 409);
    assert.match(String(refused.body.detail), /CONNECT_PUBLIC_URL/);
  }));

test("pages of links, newest first, by status and workspace", () =>
  withApi(async (call) => {
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) {
      const workspace = n % 2 === 0 ? workspaceA : workspaceB;
      const made = await call("/v1/connect-links", { json: { ...link, workspaceId: workspace } });
      ids.unshift(made.as(createdSchema).id);
    }
    const walk = async (query: string): Promise<readonly string[]> => {
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const after = cursor === undefined ? "" : `&cursor=${cursor}`;
        const page = (await call(`/v1/connect-links?limit=2${query}${after}`)).as(pageSchema);
        seen.push(...page.items.map(({ id }) => id));
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      return seen;
    };
    assert.deepEqual(await walk(""), ids);
    assert.deepEqual(await walk(`&workspaceId=${workspaceB}`), [ids[1], ids[3]]);
    await call(`/v1/connect-links/${ids[2]}`, { method: "DELETE" });
    assert.deepEqual(await walk("&status=revoked,expired"), [ids[2]]);
    assert.deepEqual(await walk("&status=connected"), []);
    for (const query of ["cursor=nothing", "status=gone", "limit=0", "workspace=x"])
      assert.equal((await call(`/v1/connect-links?${query}`)).status, 422, query);
  }));

test("a key for some workspaces makes, sees and revokes only their links", () =>
  withStack({ startsPaused: true }, async (stack) => {
    const { url } = await stack.startAnApi({ connect, keys });
    const clientOf = (name: string) => createApiClient(url, `${name}-key`);
    const [a, b, operator] = [clientOf("tenant-a"), clientOf("tenant-b"), clientOf("operator")];
    const refused = await a("/v1/connect-links", { json: { ...link, workspaceId: workspaceB } });
    assert.equal(refused.status, 403);
    assert.equal((await clientOf("reader-a")("/v1/connect-links", { json: link })).status, 403);
    const { id } = (await a("/v1/connect-links", { json: { ...link, workspaceId: workspaceA } })).as(
      createdSchema,
    );
    const countOf = async (call: ApiClient, query = "") =>
      (await call(`/v1/connect-links${query}`)).as(pageSchema).items.length;
    assert.deepEqual([await countOf(a), await countOf(b), await countOf(operator)], [1, 0, 1]);
    assert.deepEqual([await countOf(b, `?workspaceId=${workspaceA}`)], [0]);
    for (const method of ["GET", "DELETE"])
      assert.equal((await b(`/v1/connect-links/${id}`, { method })).status, 404, method);
    assert.equal((await a(`/v1/connect-links/${id}`, { method: "DELETE" })).status, 200);
  }));
