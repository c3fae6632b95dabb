import assert from "node:assert/strict";
import test from "node:test";
import { ConnectorOfAnotherInstallError, InstallStateError } from "../../../src/install/errors/errors.ts";
import { refusedBecause } from "../../../src/queue/actions/refusal.ts";

const refusalOf = (error: Error, within?: readonly string[]): Promise<string | undefined> =>
  refusedBecause(() => Promise.reject(error), within);

test("a refusal names the install that has the connector only to who may see all workspaces", async () => {
  const error = new ConnectorOfAnotherInstallError("connector-1", "install-2");
  assert.match((await refusalOf(error)) ?? "", /install-2/);
  assert.doesNotMatch((await refusalOf(error, ["workspace"])) ?? "install-2", /install-2|connector-1/);
});

test("what forbids the action is a refusal, any other error is none", async () => {
  assert.equal(await refusalOf(new InstallStateError("it has ended")), "it has ended");
  await assert.rejects(refusalOf(new Error("ECONNRESET")), /ECONNRESET/);
  assert.equal(await refusedBecause(() => Promise.resolve(1), undefined), undefined);
});
