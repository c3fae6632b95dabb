import assert from "node:assert/strict";
import test from "node:test";
import { createSignInLimit } from "../../../src/api/auth/sign-in-limit.ts";
import { ProblemError } from "../../../src/http/problem.ts";

const refused = { code: "too_many_requests" };

const create = () => {
  const clock = { nowMs: 0 };
  return { clock, limit: createSignInLimit({ nowMs: () => clock.nowMs }) };
};

const times = (count: number, run: (n: number) => void): void => {
  for (let n = 0; n < count; n += 1) run(n);
};

test("ten wrong keys of an address are taken within a minute, and of another address ten more", () => {
  const { clock, limit } = create();
  times(10, () => limit.wrong("192.0.2.1"));
  assert.throws(() => limit.wrong("192.0.2.1"), refused);
  times(10, () => limit.wrong("192.0.2.2"));
  clock.nowMs = 59_999;
  assert.throws(
    () => limit.wrong("192.0.2.1"),
    (error) => error instanceof ProblemError && error.problem.retryAfterSeconds === 1,
  );
  clock.nowMs = 60_000;
  limit.wrong("192.0.2.1");
});

test("wrong keys take no sign-in of a right one, neither those of an address nor those of all", () => {
  const { limit } = create();
  times(600, (n) => limit.wrong(`192.0.2.${n % 250}`));
  assert.throws(() => limit.wrong("198.51.100.1"), refused);
  limit.right();
});

test("right keys do not count against wrong ones", () => {
  const { limit } = create();
  times(600, () => limit.right());
  times(10, () => limit.wrong("192.0.2.1"));
  assert.throws(() => limit.wrong("192.0.2.1"), refused);
});

test("an IPv6 network counts as one address", () => {
  const { limit } = create();
  times(10, (n) => limit.wrong(`2001:db8:1:2::${n + 1}`));
  assert.throws(() => limit.wrong("2001:db8:1:2:ffff::9"), refused);
  limit.wrong("2001:db8:1:3::1");
  limit.wrong("::1");
});

test("the sign-ins of all addresses are limited together, 600 right ones a minute", () => {
  const { clock, limit } = create();
  times(600, () => limit.right());
  assert.throws(() => limit.right(), refused);
  clock.nowMs = 60_000;
  limit.right();
});

test("an address that is refused takes nothing of what all have together", () => {
  const { limit } = create();
  times(10, () => limit.wrong("192.0.2.1"));
  times(2000, () => assert.throws(() => limit.wrong("192.0.2.1"), refused));
  limit.wrong("192.0.2.2");
});
