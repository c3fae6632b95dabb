import assert from "node:assert/strict";
import test from "node:test";
import {
  mapRedisErrors,
  RedisUnavailableError,
  redisFault,
  redisFaultOf,
} from "../../../src/redis/errors.ts";

const replyError = (message: string): Error => Object.assign(new Error(message), { name: "ReplyError" });
const socketError = (code: string, syscall: string): Error =>
  Object.assign(new Error(`${syscall} ${code} 127.0.0.1:6379`), { code, syscall, errno: -111 });

/** What Redis, Valkey and ioredis say, word for word, and what that is. */
const known = [
  ["OOM command not allowed when used memory > 'maxmemory'.", "full"],
  ["OOM command not allowed when used memory > 'maxmemory'. script: 1f3c, on @user_script:4.", "full"],
  [
    "ERR Error running script (call to f_1f3c): @user_script:4: @user_script: 4: -OOM command not allowed when used memory > 'maxmemory'.",
    "full",
  ],
  ["-OOM command not allowed when used memory > 'maxmemory'.", "full"],
  ["READONLY You can't write against a read only replica.", "read_only"],
  ["READONLY You can't write against a read only replica. script: 1f3c, on @user_script:4.", "read_only"],
  [
    "ERR Error running script (call to f_1f3c): @user_script:7: @user_script: 7: -READONLY You can't write against a read only replica.",
    "read_only",
  ],
  ["LOADING Redis is loading the dataset in memory", "loading"],
  ["MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", "no_master"],
  ["CLUSTERDOWN The cluster is down", "cluster_down"],
  ["CLUSTERDOWN Hash slot not served", "cluster_down"],
  ["TRYAGAIN Multiple keys request during rehashing of slot", "cluster_down"],
  ["Too many Cluster redirections. Last error: ReplyError: CLUSTERDOWN The cluster is down", "cluster_down"],
  ["NOPERM User perch has no permissions to run the 'evalsha' command", "forbidden"],
  ["NOPERM ACL failure in script: User perch has no permissions to run the 'set' command", "forbidden"],
  ["WRONGPASS invalid username-password pair or user is disabled.", "wrong_password"],
  ["NOAUTH Authentication required.", "wrong_password"],
  [
    "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
    "not_persisted",
  ],
  ["MISCONF Errors writing to the AOF file: No space left on device", "not_persisted"],
  ["NOREPLICAS Not enough good replicas to write.", "too_few_replicas"],
  ["BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.", "busy"],
  ["ERR max number of clients reached", "too_many_clients"],
] as const;

for (const [message, kind] of known) {
  test(`it is ${kind}: ${message.slice(0, 70)}`, () => {
    assert.equal(redisFaultOf(replyError(message))?.kind, kind);
  });
}

const connectionErrors = [
  [new Error("Command timed out"), "timeout"],
  [new Error("Connection is closed."), "unreachable"],
  [new Error("Stream isn't writeable and enableOfflineQueue options is false"), "unreachable"],
  [new Error("Cluster isn't ready and enableOfflineQueue options is false"), "unreachable"],
  [new Error("None of startup nodes is available"), "unreachable"],
  [new Error("Reached the max retries per request limit (which is 1). Refer to …"), "unreachable"],
  [socketError("ECONNREFUSED", "connect"), "unreachable"],
  [socketError("ENOENT", "connect"), "unreachable"],
  [socketError("ENOTFOUND", "getaddrinfo"), "unreachable"],
  [socketError("ECONNRESET", "read"), "unreachable"],
  [Object.assign(new AggregateError([], ""), { code: "ECONNREFUSED" }), "unreachable"],
] as const;

for (const [error, kind] of connectionErrors) {
  test(`it is ${kind}: ${error.message || error.name}`, () => {
    assert.equal(redisFaultOf(error)?.kind, kind);
  });
}

/** What is no fault of Redis, however it looks. */
const others: readonly Error[] = [
  new TypeError("undefined is not a function"),
  new SyntaxError("Unexpected end of JSON input"),
  new Error("a bug in Perch"),
  replyError("WRONGTYPE Operation against a key holding the wrong kind of value"),
  replyError(
    "WRONGTYPE Operation against a key holding the wrong kind of value script: 1f3c, on @user_script:4.",
  ),
  replyError("ERR user_script:3: attempt to compare nil with number script: 1f3c, on @user_script:3."),
  replyError("ERR unknown command 'OOM', with args beginning with: "),
  replyError("NOSCRIPT No matching script. Please use EVAL."),
  new Error("the name is OOM READONLY - it was said by a caller"),
  Object.assign(new Error("connect ECONNREFUSED"), { name: "RequestError", code: "ECONNREFUSED" }),
  Object.assign(new TypeError("fetch failed"), { cause: socketError("ECONNREFUSED", "connect") }),
  Object.assign(new Error("no such file"), { code: "ENOENT", syscall: "open" }),
];

for (const error of others) {
  test(`it stays itself: ${error.name}: ${error.message.slice(0, 70)}`, async () => {
    assert.equal(redisFaultOf(error), undefined);
    await assert.rejects(mapRedisErrors(() => Promise.reject(error))(), (thrown) => thrown === error);
  });
}

test("the error a library's caller gets names the failure, and keeps the cause", async () => {
  const cause = replyError("OOM command not allowed when used memory > 'maxmemory'.");
  await assert.rejects(mapRedisErrors(() => Promise.reject(cause))(), (error) => {
    assert.ok(error instanceof RedisUnavailableError);
    assert.deepEqual([error.code, error.reason, error.cause], ["unavailable", "full", cause]);
    assert.match(error.message, /^Redis is full/);
    assert.equal(error.fault.fix, redisFault("full").fix);
    return true;
  });
});

test("each method of a wrapped object names what is the matter; what it reads bit by bit does, too", async () => {
  const cause = replyError("LOADING Redis is loading the dataset in memory");
  const bug = new TypeError("a bug");
  const wrapped = mapRedisErrors({
    limit: 3,
    find: async (id: string) => (id === "" ? Promise.reject(cause) : id),
    fail: () => Promise.reject(bug),
    rows: async function* (count: number) {
      for (let row = 1; row <= count; row += 1) yield row;
      throw cause;
    },
  });
  const isLoading = (error: unknown): boolean =>
    error instanceof RedisUnavailableError && error.reason === "loading" && error.cause === cause;
  assert.equal(wrapped.limit, 3);
  assert.equal(await wrapped.find("a"), "a");
  await assert.rejects(wrapped.find(""), isLoading);
  const { find } = { ...wrapped };
  await assert.rejects(find(""), isLoading);
  await assert.rejects(wrapped.fail, (error) => error === bug);
  const rows: number[] = [];
  await assert.rejects(async () => {
    for await (const row of wrapped.rows(2)) rows.push(row);
  }, isLoading);
  assert.deepEqual(rows, [1, 2]);
});

test("a wrapped generator that is left early ends what it reads from", async () => {
  let isClosed = false;
  const wrapped = mapRedisErrors(async function* () {
    try {
      for (;;) yield 1;
    } finally {
      isClosed = true;
    }
  });
  for await (const row of wrapped()) {
    assert.equal(row, 1);
    break;
  }
  assert.equal(isClosed, true);
});
