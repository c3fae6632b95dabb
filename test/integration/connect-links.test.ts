import assert from "node:assert/strict";
import test from "node:test";
import { connectLinkMembers } from "../../src/install/connect-link.ts";
import { createInstalls } from "../../src/queue/installs/installs.ts";
import { ConnectLinkStateError, createLinks } from "../../src/queue/links/links.ts";
import { createMakeLink } from "../../src/queue/links/make-link.ts";
import type { LinkMove, StoredLinkStatus } from "../../src/queue/links/moves.ts";
import { createLinkSessions } from "../../src/queue/links/sessions.ts";
import { createSeal, generateSealingKey, readSealingKeys } from "../../src/queue/secrets/seal.ts";
import { contentOf } from "../support/content-of.ts";
import { workspaceId } from "../support/request.ts";
import { retentionMs, type TestQueue, withQueue } from "./queue-fixture.ts";

const oldKey = generateSealingKey(new Date("2026-01-01"));
const newKey = generateSealingKey(new Date("2026-02-01"));

const request = (change: object = {}) =>
  connectLinkMembers.parse({ workspaceId, name: "Acme", metadata: { customer: "42" }, ...change });

const open = ({ client, keys }: TestQueue, sealingKeys = newKey) => {
  const installs = createInstalls({ client, keys, retentionMs });
  const seal = createSeal(readSealingKeys(sealingKeys));
  const deps = { client, keys, installs, seal, retentionMs };
  const links = createLinks(deps);
  const sessions = createLinkSessions(deps);
  const makeLink = createMakeLink(deps);
  const make = async (change: object = {}) => {
    const { link, secret } = await makeLink(request(change), { requestedBy: "crm" });
    return { link, secret, access: { id: link.id, secret } };
  };
  return { links, sessions, make };
};

const moves = ["open", "start", "cancel", "fail", "finish"] as const satisfies readonly LinkMove[];

/** What each stored status is after each move, where it changes. Written apart from the table it tests. */
const expected: Readonly<Record<StoredLinkStatus, Partial<Record<LinkMove, StoredLinkStatus>>>> = {
  open: { open: "opened", start: "signing_up", finish: "signing_up", revoke: "revoked" },
  opened: {
    ...{ open: "opened", start: "signing_up", finish: "signing_up", revoke: "revoked" },
    ...{ cancel: "cancelled_by_customer", fail: "failed" },
  },
  signing_up: {
    ...{ start: "signing_up", finish: "signing_up", revoke: "revoked" },
    ...{ cancel: "cancelled_by_customer", fail: "failed" },
  },
  cancelled_by_customer: { open: "opened", start: "signing_up", finish: "signing_up", revoke: "revoked" },
  failed: { open: "opened", start: "signing_up", finish: "signing_up", revoke: "revoked" },
  revoked: {},
};

const states: readonly StoredLinkStatus[] = [
  ...(["open", "opened", "signing_up"] as const),
  ...(["cancelled_by_customer", "failed", "revoked"] as const),
];

/** What follows from the clock and from the link's install, beside the status. */
const circumstances = ["living", "expired", "with an install"] as const;

/** Makes a link of a status, whose time is up or whose install exists. */
const makeIn = async (
  { client, keys, add }: TestQueue,
  { make }: ReturnType<typeof open>,
  {
    status,
    circumstance,
  }: { readonly status: StoredLinkStatus; readonly circumstance: (typeof circumstances)[number] },
) => {
  const { access } = await make();
  const key = keys.connectLink(access.id);
  await client.hset(key, "status", status);
  if (circumstance === "expired") await client.hset(key, "expiresAtMs", 1);
  if (circumstance === "with an install") {
    await client.hset(key, "installId", access.id.slice(4));
    await add(access.id.slice(4));
  }
  return access;
};

/** What callers see of a link that is over. */
const shownWhenOver = (status: StoredLinkStatus, circumstance: (typeof circumstances)[number]): string => {
  if (status === "revoked") return "revoked";
  if (circumstance === "with an install") return "signing_up";
  return status === "cancelled_by_customer" || status === "failed" ? status : "expired";
};

for (const circumstance of circumstances)
  test(`every move of a link from every status, ${circumstance}, is that of the table`, () =>
    withQueue(async (queue) => {
      const opened = open(queue);
      const tried = states.flatMap((status) => moves.map((move) => ({ status, move })));
      for (const { status, move } of tried) {
        const access = await makeIn(queue, opened, { status, circumstance });
        const after = circumstance === "living" ? expected[status][move] : undefined;
        const { moved, stored } = (await opened.sessions.move(access, move)) ?? assert.fail("no link");
        const now = [moved, stored.fields.status];
        assert.deepEqual(now, [after !== undefined, after ?? status], `${status} ${move}`);
        const shown = (await opened.links.find(access.id))?.status;
        if (circumstance !== "living") assert.equal(shown, shownWhenOver(status, circumstance));
      }
    }));

for (const circumstance of circumstances)
  test(`a link can be revoked from every status unless it is over, ${circumstance}`, () =>
    withQueue(async (queue) => {
      const opened = open(queue);
      for (const status of states) {
        const { id } = await makeIn(queue, opened, { status, circumstance });
        if (circumstance === "living" || status === "revoked")
          assert.equal((await opened.links.revoke(id)).status, "revoked", status);
        else await assert.rejects(opened.links.revoke(id), ConnectLinkStateError, status);
      }
    }));

test("a secret that the fleet did not make for this link is refused without Redis; another one finds no link", () =>
  withQueue(async (queue) => {
    const { sessions, make } = open(queue);
    const [one, other] = [await make(), await make()];
    const sent: string[] = [];
    const { client } = queue;
    const watched = new Proxy(client, {
      get: (target, name) => {
        sent.push(String(name));
        return Reflect.get(target, name);
      },
    });
    const counted = open({ ...queue, client: watched }).sessions;
    sent.length = 0;
    const madeUp = [
      ...["", "x", "a".repeat(40), "a".repeat(4000), `${one.secret}x`, one.secret.slice(1)],
      ...[other.secret, `${one.secret.slice(0, 39)}${one.secret.endsWith("A") ? "B" : "A"}`],
    ];
    for (const secret of madeUp)
      assert.equal(await counted.move({ id: one.link.id, secret }, "open"), undefined, secret);
    for (const id of ["", "lnk_", one.link.id.slice(4), `${one.link.id}0`, other.link.id])
      assert.equal(await counted.move({ id, secret: one.secret }, "open"), undefined, id);
    assert.deepEqual(sent, [], "Redis was not asked");
    assert.equal((await counted.move(one.access, "open"))?.link.status, "opened");
    // Who can write to Redis must not open a link with the secret of another one.
    await client.hset(queue.keys.connectLink(one.link.id), "secretDigest", "another");
    assert.equal(await sessions.move(one.access, "open"), undefined);
  }));

test("a link made under a former sealing key works while that key is listed", () =>
  withQueue(async (queue) => {
    const { access } = await open(queue, oldKey).make({ invitationToken: "INVITATION" });
    const rotated = open(queue, `${newKey},${oldKey}`).sessions;
    const opened = (await rotated.move(access, "open")) ?? assert.fail("not found");
    assert.equal((await rotated.readRequest(opened.stored)).invitationToken, "INVITATION");
    assert.equal(await open(queue, newKey).sessions.move(access, "open"), undefined);
  }));

test("neither the secret of a link nor those of its request are in Redis in clear", () =>
  withQueue(async (queue) => {
    const { sessions, make } = open(queue);
    const channelWebhooks = { url: "https://receiver.example/", signingKey: "SIGNING-CANARY" };
    const { access, secret } = await make({ invitationToken: "INVITATION-CANARY", channelWebhooks });
    await sessions.move(access, "open");
    const names = await queue.client.keys(`${queue.keys.prefix}*`);
    assert.ok(names.some((name) => name.includes(":connect:link:")));
    for (const name of names) {
      const content = `${name} ${JSON.stringify(await contentOf(queue.client, name))}`;
      for (const canary of ["CANARY", secret, secret.slice(0, 24)])
        assert.ok(!content.includes(canary), name);
    }
    const { stored } = (await sessions.move(access, "look")) ?? assert.fail("no link");
    const known = await sessions.readRequest(stored);
    assert.equal(known.invitationToken, "INVITATION-CANARY");
    assert.deepEqual(known.channelWebhooks, {
      ...channelWebhooks,
      events: ["whatsapp.inbound", "whatsapp.outbound", "whatsapp.interaction"],
    });
  }));

test("links go after their retention, and lists keep at most what can still be there", () =>
  withQueue(async (queue) => {
    const { sessions, make } = open(queue);
    const { client, keys } = queue;
    const { access, link } = await make({ expiresInSeconds: 60 });
    const leftMs = await client.pttl(keys.connectLink(link.id));
    assert.ok(leftMs > retentionMs && leftMs <= retentionMs + 60_000, `${leftMs}`);
    await sessions.move(access, "finish", { installId: link.id.slice(4) });
    assert.ok((await client.pttl(keys.connectLink(link.id))) <= retentionMs);
    for (const set of [keys.connectLinks, keys.connectLinksOf(workspaceId)]) {
      await client.zadd(set, Date.now() - 31 * 86_400_000 - retentionMs, "lnk_OLD");
      await make();
      assert.equal(await client.zscore(set, "lnk_OLD"), null);
      assert.ok((await client.pttl(set)) > 30 * 86_400_000);
    }
  }));

test("what a failed or cancelled link says goes when it is opened again", () =>
  withQueue(async (queue) => {
    const { links, sessions, make } = open(queue);
    const { access, link } = await make();
    await sessions.move(access, "open");
    await sessions.move(access, "fail", { code: "meta_error", metaErrorId: "524126" });
    const failed = await links.find(link.id);
    assert.deepEqual([failed?.error?.code, failed?.metaErrorId], ["meta_error", "524126"]);
    await sessions.move(access, "open");
    await sessions.move(access, "cancel", { step: "PHONE_NUMBER_SETUP" });
    const cancelled = (await links.find(link.id)) ?? assert.fail("gone");
    assert.deepEqual(
      [cancelled.status, cancelled.step, cancelled.error, cancelled.metaErrorId],
      ["cancelled_by_customer", "PHONE_NUMBER_SETUP", undefined, undefined],
    );
    await sessions.move(access, "start");
    assert.equal((await links.find(link.id))?.step, undefined);
    assert.equal(await queue.client.zscore(queue.keys.connectOutbox, link.id).then(Boolean), true);
  }));
