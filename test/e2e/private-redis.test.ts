import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { withPerchFolder } from "../support/perch.ts";
import { installRequest, workspaceId } from "../support/request.ts";
import { until } from "../support/until.ts";

const { name, wabaId, phoneId, phoneNumber } = installRequest();
const install = [
  ...["install", "--workspace", workspaceId, "--name", name, "--waba", wabaId],
  ...["--phone-id", phoneId, "--phone", phoneNumber],
];
const stdin = "EAAG-E2E-TOKEN";
const id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
const noted = /^Using the private Redis of this folder \(.*\.data\), because REDIS_URL is not set\.\n/;

/** Whether the folder's private Redis runs. */
const isServed = async (dir: string): Promise<boolean> => {
  const file = join(dir, ".data/redis/redis.pid");
  if (!existsSync(file)) return false;
  const pid = Number(await readFile(file, "utf8"));
  return pid > 0 && existsSync(`/proc/${pid}`);
};

test("without REDIS_URL a command says which Redis it uses, and one that acts does nothing where no worker runs", () =>
  withPerchFolder(async ({ dir, run }) => {
    const listed = await run(["list"]).ended;
    assert.deepEqual([listed.code, listed.stderr.replace(noted, "")], [0, "No installs.\n"]);
    assert.match(listed.stderr, noted);
    const file = join(dir, "numbers.csv");
    await writeFile(
      file,
      `workspaceId,name,wabaId,phoneId,phoneNumber,accessToken\n${workspaceId},B,1,2,+14155550177,${stdin}\n`,
    );
    for (const args of [
      install,
      ["import", file],
      ["retry", id],
      ["cancel", id],
      ["erase", "--phone", phoneNumber, "--yes"],
      ["workspaces", "resume", workspaceId],
      ["batch", id, "--pause"],
    ]) {
      const { code, stderr } = await run(args, { stdin }).ended;
      assert.equal(code, 1, args.join(" "));
      assert.match(stderr, /\nNothing was done: perch start does not run in this folder, .*--private/);
    }
    assert.equal((await run(["import", file, "--dry-run"]).ended).code, 0, "a dry run enqueues nothing");
    assert.equal((await run(["list", "--json"]).ended).stdout.includes('"id"'), false);
    const chosen = await run([...install, "--private", "--json"], { stdin }).ended;
    assert.deepEqual([chosen.code, JSON.parse(chosen.stdout).status], [0, "queued"]);
    assert.equal(await isServed(dir), false);
  }));

test("a wait without a worker says so, and Ctrl-C leaves no Redis behind", () =>
  withPerchFolder(async ({ dir, run }) => {
    const waiting = run([...install, "--private", "--wait"], { stdin });
    await waiting.prints(/No worker runs: start one with perch worker or perch start/);
    waiting.process.kill("SIGINT");
    const { code, stderr } = await waiting.ended;
    assert.equal(code, 130, stderr);
    const installId = /Waiting for install (\w{26})/.exec(stderr)?.[1] ?? assert.fail(stderr);
    assert.match(stderr, new RegExp(`\nStopped waiting\\. .* perch status ${installId} --watch\n$`));
    assert.equal(await isServed(dir), false);
    const watching = run(["status", installId.slice(-8), "--watch"]);
    await watching.prints(/queued(.|\n)*No worker runs/);
    watching.process.kill("SIGTERM");
    await watching.ended;
    await until("the private Redis has ended", async () => !(await isServed(dir)));
  }));
