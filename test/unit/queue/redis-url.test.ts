import assert from "node:assert/strict";
import test from "node:test";
import { parseRedisUrl, shownRedisUrl } from "../../../src/redis/url.ts";

test("plain, encrypted and socket addresses", () => {
  assert.deepEqual(parseRedisUrl("redis://h:1/2"), { kind: "server", url: "redis://h:1/2" });
  assert.deepEqual(parseRedisUrl("rediss://u:p@h"), { kind: "server", url: "rediss://u:p@h" });
  assert.deepEqual(parseRedisUrl("unix:///a%20b/r.sock"), { kind: "socket", path: "/a b/r.sock" });
});

test("sentinels with and without port, and the master's user and password", () => {
  assert.deepEqual(parseRedisUrl("redis+sentinel://u:p%40@a:1,b,[::1]:3/main"), {
    kind: "sentinel",
    sentinels: [
      { host: "a", port: 1 },
      { host: "b", port: 26_379 },
      { host: "[::1]", port: 3 },
    ],
    master: "main",
    username: "u",
    password: "p@",
    isEncrypted: false,
  });
});

test("a cluster's nodes, with TLS when asked for", () => {
  const access = { username: undefined, password: undefined, isEncrypted: false };
  const nodes = [
    { host: "a", port: 1 },
    { host: "b", port: 6379 },
  ];
  assert.deepEqual(parseRedisUrl("redis+cluster://a:1,b"), { kind: "cluster", nodes, ...access });
  assert.deepEqual(parseRedisUrl("rediss+cluster://u:p@a:1,b/"), {
    kind: "cluster",
    nodes,
    username: "u",
    password: "p",
    isEncrypted: true,
  });
});

test("everything else is refused", () => {
  for (const url of [
    "",
    "redis://",
    "http://h",
    "unix://relative",
    "redis+sentinel://a:1",
    "redis+sentinel://a:x/m",
    "redis+sentinel:///m",
    "redis+sentinel://a:1/",
    "redis+cluster://",
    "redis+cluster://a:x",
    "redis+cluster://a:1/m",
  ]) {
    assert.equal(parseRedisUrl(url), undefined, url);
  }
});

test("an address is shown without user, password and options", () => {
  for (const [url, shown] of [
    ["redis://127.0.0.1:6379", "redis://127.0.0.1:6379"],
    ["redis://user:SECRET@redis.internal:6379/2?password=SECRET#SECRET", "redis://redis.internal:6379/2"],
    ["rediss://:SECRET@[::1]/", "rediss://[::1]"],
    ["unix:///run/redis.sock", "unix:///run/redis.sock"],
    ["rediss+cluster://u:SECRET@a:7000,b:7001", "rediss+cluster://a:7000,b:7001"],
    ["redis+sentinel://u:SECRET@a,b:26380/main", "redis+sentinel://a:26379,b:26380/main"],
    ["http://u:SECRET@host", ""],
  ] as const)
    assert.equal(shownRedisUrl(url), shown);
});
