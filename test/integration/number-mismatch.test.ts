import assert from "node:assert/strict";
import test from "node:test";
import { NumberMismatchError } from "../../src/producer/index.ts";
import { resultRows } from "../../src/producer/results/rows.ts";
import { createApiClient } from "../support/api-client.ts";
import { installRequest } from "../support/request.ts";
import { withStack } from "../support/stack.ts";

/** Another number, and another WABA, under the phone id of the first request. */
const { phoneId } = installRequest(0);
const otherNumber = { ...installRequest(0), phoneNumber: "+14155550177" };
const otherWaba = { ...installRequest(0), wabaId: "102290129340777" };
const sameNumber = { ...installRequest(0), name: "Another name" };

const errorOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => assert.fail("it is refused"),
    (error: unknown) => error,
  );

test("another number or WABA under a current phone id is refused and named, and a corrected request may use the key", () =>
  withStack({}, async ({ producer, sandbox }) => {
    const { install } = await producer.enqueue(installRequest(0));
    for (const [request, fields] of [
      [otherNumber, ["phoneNumber"]],
      [otherWaba, ["wabaId"]],
      [{ ...otherNumber, wabaId: otherWaba.wabaId }, ["phoneNumber", "wabaId"]],
    ] as const) {
      const error = await errorOf(producer.enqueue(request, { idempotencyKey: "order-1" }));
      assert.ok(error instanceof NumberMismatchError);
      assert.deepEqual(error.fields, fields);
      assert.equal(error.installId, install.id);
      assert.equal(error.code, "number_mismatch");
    }
    const ended = await producer.waitFor(install.id, { timeoutMs: 10_000 });
    assert.equal(ended.status, "completed");
    assert.ok(
      (await errorOf(producer.enqueue(otherNumber))) instanceof NumberMismatchError,
      "also once completed",
    );
    const joined = await producer.enqueue(sameNumber, { idempotencyKey: "order-1" });
    assert.deepEqual([joined.created, joined.install.id], [false, install.id]);
    assert.equal(sandbox.report().connectors.length, 1);
    const again = await producer.enqueue({ ...otherNumber, reinstall: true });
    assert.equal(again.created, true, "a reinstall is a new install, with what it says");
  }));

test("the same number in another writing joins", () =>
  withStack({ startsPaused: true }, async ({ producer }) => {
    for (const [n, first, second] of [
      [1, "+52 55 1234 5678", "+52 1 55 1234 5678"],
      [2, "+54 9 11 2345-6789", "+54 11 2345-6789"],
      [3, "+55 41 8888-7777", "+55 41 98888-7777"],
    ] as const) {
      const { install } = await producer.enqueue({ ...installRequest(n), phoneNumber: first });
      const joined = await producer.enqueue({ ...installRequest(n), phoneNumber: second });
      assert.deepEqual([joined.created, joined.install.id], [false, install.id]);
    }
  }));

test("a failed install gives its phone id to another number", () => {
  const faults = [{ times: 1, fault: { kind: "status", status: 422 } }] as const;
  return withStack({ sandbox: { faults } }, async ({ producer }) => {
    const { install } = await producer.enqueue(installRequest(0));
    assert.equal((await producer.waitFor(install.id, { timeoutMs: 10_000 })).status, "failed");
    const { created } = await producer.enqueue(otherNumber);
    assert.equal(created, true);
  });
});

test("the API answers 409 and names the members, and spends no code of Meta's on it", () =>
  withStack({ startsPaused: true }, async (stack) => {
    const { install } = await stack.producer.enqueue(installRequest(0));
    const { url, meta } = stack.sandbox;
    const call = createApiClient((await stack.startAnApi({ meta })).url);
    const answer = await call("/v1/installs", { json: otherNumber });
    assert.equal(answer.status, 409);
    assert.equal(answer.body.code, "number_mismatch");
    assert.deepEqual(answer.body.errors, [
      {
        path: "/phoneNumber",
        message: `differs from that of install ${install.id}, which has the same phoneId`,
      },
    ]);
    const { accessToken: _, ...unsigned } = otherNumber;
    const signup = await call("/v1/installs", { json: { ...unsigned, signupCode: "c1" } });
    assert.equal(signup.status, 409);
    assert.equal(stack.sandbox.report().requests.exchangeCode, undefined, `nothing was exchanged at ${url}`);
  }));

test("rows with another number are rejected with their own input, in a file that says so itself and against Redis", () =>
  withStack({ startsPaused: true }, async ({ producer }) => {
    const { install } = await producer.enqueue(installRequest(9));
    const swapped = [1, 2, 3].map((n) => ({
      row: n,
      input: { ...installRequest(n), phoneId, wabaId: installRequest(n).phoneId },
    }));
    const rows = [...swapped, { row: 4, input: { ...installRequest(9), phoneNumber: "+14155550188" } }];
    const dryRun = producer.forecastRows(rows);
    const outlooks = await Array.fromAsync(dryRun.rows);
    assert.deepEqual(
      outlooks.map((row) => ("outlook" in row ? row.outlook : row.code)),
      ["created", "number_mismatch", "number_mismatch", "number_mismatch"],
    );
    const second = outlooks[1];
    assert.deepEqual(second && "errors" in second && second.errors, [
      { path: "/phoneId", message: "stands in row 1 with another phoneNumber or wabaId" },
    ]);
    assert.equal((await dryRun.summary()).rejected, 3);

    const options = { name: "swapped" };
    const first = await producer.importRows(rows, { ...options, end: () => "stopped" });
    const results = await Array.fromAsync(first.rows);
    const seen = results.map((row) => ("errors" in row ? row.code : row.created));
    assert.deepEqual(seen, [true, "number_mismatch", "number_mismatch", "number_mismatch"]);
    const again = await Array.fromAsync((await producer.importRows(rows, options)).rows);
    assert.deepEqual(
      again.map((row) => ("errors" in row ? row.code : row.created)),
      seen,
      "an import that goes on says the same",
    );
    const written = await Array.fromAsync(resultRows(producer, first.batchId));
    assert.deepEqual(
      written.map(({ status, errorCode, input }) => [status, errorCode, input.phoneNumber]),
      [
        ["pending", undefined, installRequest(1).phoneNumber],
        ["rejected", "number_mismatch", installRequest(2).phoneNumber],
        ["rejected", "number_mismatch", installRequest(3).phoneNumber],
        ["rejected", "number_mismatch", "+14155550188"],
      ],
    );
    assert.match(
      written[3]?.errorMessage ?? "",
      new RegExp(`phoneNumber differs from that of install ${install.id}`),
    );
    const batch = await producer.batches.find(first.batchId);
    assert.deepEqual([batch?.accepted, batch?.attached, batch?.rejected], [1, 0, 3]);
  }));

test("a row that repeats a number with another name still joins, and says in what it differs", () =>
  withStack({ startsPaused: true }, async ({ producer }) => {
    const rows = [installRequest(0), sameNumber].map((input, index) => ({ row: index + 1, input }));
    const results = await Array.fromAsync((await producer.importRows(rows, { name: "b" })).rows);
    const [, second] = results;
    assert.ok(second !== undefined && "differs" in second);
    assert.deepEqual([second.created, second.differs], [false, ["name"]]);
  }));
