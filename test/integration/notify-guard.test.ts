import assert from "node:assert/strict";
import type { LookupAddress } from "node:dns";
import net from "node:net";
import test from "node:test";
import type { createSendWebhook } from "../../src/notify/send-webhook.ts";
import { answerWith, withNotify } from "./notify-fixture.ts";

type Lookup = NonNullable<Parameters<typeof createSendWebhook>[0]["lookup"]>;

/** A resolver under which every name leads to these addresses. */
const resolvesTo = (...addresses: string[]): { readonly lookup: Lookup; readonly asked: string[] } => {
  const asked: string[] = [];
  const found: LookupAddress[] = addresses.map((address) => ({ address, family: net.isIP(address) }));
  // Node asks its resolvers with options and a callback for all addresses or one.
  const lookup = Object.assign(
    (hostname: string, ...rest: unknown[]) => {
      asked.push(hostname);
      const [options, callback] = rest;
      if (typeof callback !== "function") throw new Error("there is a callback");
      const isAll =
        typeof options === "object" && options !== null && "all" in options && options.all === true;
      if (isAll) callback(null, found);
      else callback(null, found[0]?.address, found[0]?.family);
    },
    { __promisify__: () => Promise.reject(new Error("not used")) },
  );
  return { lookup, asked };
};

const forbidden = /private, loopback or link-local address/;

for (const host of [
  "127.0.0.1",
  "127.1",
  "2130706433",
  "0x7f.0.0.1",
  "0.0.0.0",
  "10.1.2.3",
  "172.16.0.1",
  "192.168.1.1",
  "100.64.0.1",
  "169.254.169.254",
  "224.0.0.1",
  "[::1]",
  "[::]",
  "[::ffff:127.0.0.1]",
  "[::ffff:169.254.169.254]",
  "[64:ff9b::7f00:1]",
  "[2002:7f00:1::]",
  "[fd00::1]",
  "[fe80::1]",
  "168.63.129.16",
  "100.100.100.200",
  "[::127.0.0.1]",
  "[::10.0.0.1]",
  "[::ffff:0:127.0.0.1]",
  "[fd00:ec2::254]",
  "[64:ff9b:1::a00:1]",
  "[fec0::1]",
  "localhost",
]) {
  test(`nothing is sent to https://${host}/, and it is a dead letter at once`, () =>
    withNotify(async ({ start, announce, ends }) => {
      await start({ allowPrivate: false });
      const failed = await ends(await announce(`https://${host}/hook`), "failed");
      assert.equal(failed.attempts, 0);
      assert.match(failed.lastError ?? "", forbidden);
    }));
}

for (const addresses of [
  ["127.0.0.1"],
  ["169.254.169.254"],
  ["::1"],
  ["::ffff:127.0.0.1"],
  ["203.0.113.7", "10.0.0.1"],
  ["168.63.129.16"],
  ["::127.0.0.1"],
  ["8.8.8.8", "168.63.129.16"],
]) {
  test(`nothing is sent to a name that resolves to ${addresses.join(" and ")}`, () =>
    withNotify(async ({ start, announce, ends }) => {
      const { lookup, asked } = resolvesTo(...addresses);
      await start({ allowPrivate: false }, { lookup });
      const failed = await ends(await announce("https://receiver.example/hook"), "failed");
      assert.match(failed.lastError ?? "", forbidden);
      assert.equal(failed.attempts, 0);
      assert.deepEqual(asked, ["receiver.example"]);
    }));
}

test("no connection is even opened to a refused address", () =>
  withNotify(async ({ receiver, start, announce, ends }) => {
    const { lookup } = resolvesTo("127.0.0.1");
    const { port, received } = await receiver(answerWith(200));
    await start({ allowPrivate: false }, { lookup });
    for (const [n, url] of [
      `https://receiver.example:${port}/`,
      `https://127.0.0.1:${port}/`,
      `http://127.0.0.1:${port}/`,
    ].entries())
      await ends(await announce(url, `i${n}`), "failed");
    assert.equal(received.length, 0);
  }));

test("http is refused unless private addresses are allowed", () =>
  withNotify(async ({ start, announce, ends }) => {
    const { lookup, asked } = resolvesTo("203.0.113.7");
    await start({ allowPrivate: false }, { lookup });
    const failed = await ends(await announce("http://receiver.example/hook"), "failed");
    assert.match(failed.lastError ?? "", /not https/);
    assert.deepEqual(asked, []);
  }));

test("where private addresses are allowed, http to a name on loopback is sent", () =>
  withNotify(async ({ receiver, start, announce, ends }) => {
    const { lookup, asked } = resolvesTo("127.0.0.1");
    const { port, received } = await receiver(answerWith(200));
    await start({}, { lookup });
    await ends(await announce(`http://receiver.example:${port}/hook?x=1`), "delivered");
    assert.equal(received[0]?.path, "/hook?x=1");
    assert.deepEqual(asked, ["receiver.example"]);
  }));

for (const url of [
  "ftp://receiver.example/",
  "file:///etc/passwd",
  "unix:/var/run/docker.sock:/x",
  "nonsense",
]) {
  test(`${url} is no place to send to, whatever is allowed`, () =>
    withNotify(async ({ start, announce, ends }) => {
      await start();
      assert.equal((await ends(await announce(url), "failed")).attempts, 0);
    }));
}

test("a name is resolved and checked for each request", () =>
  withNotify(async ({ receiver, start, announce, ends }) => {
    const { port, received } = await receiver(answerWith(500));
    const [outside, inside] = [resolvesTo("127.0.0.1"), resolvesTo("169.254.169.254")];
    const first = await start({}, { lookup: outside.lookup });
    await ends(await announce(`http://receiver.example:${port}/`, "i1"), "failed");
    await first.close();
    await start({ allowPrivate: false }, { lookup: inside.lookup });
    const failed = await ends(await announce(`https://receiver.example:${port}/`, "i2"), "failed");
    assert.match(failed.lastError ?? "", forbidden);
    assert.equal(received.length, 4);
  }));
