import assert from "node:assert/strict";
import test from "node:test";
import { isLoopback } from "../../../src/http/is-loopback.ts";

test("only names and addresses that mean this machine are loopback", () => {
  for (const host of ["localhost", "LOCALHOST", "127.0.0.1", "127.255.0.3", "::1", "[::1]"])
    assert.ok(isLoopback(host), host);
  for (const host of [
    "",
    "0.0.0.0",
    "::",
    "10.0.0.1",
    "127.0.0.1.example",
    "localhost.example",
    "128.0.0.1",
    "127.1",
  ])
    assert.ok(!isLoopback(host), host);
});
