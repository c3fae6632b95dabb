import assert from "node:assert/strict";
import test from "node:test";
import { z } from "zod";
import { withPerchFolder } from "../support/perch.ts";
import { freePort } from "../support/redis-servers.ts";
import { workspaceId } from "../support/request.ts";

test("perch connect names every setting it lacks at once and does not start", () =>
  withPerchFolder(async ({ run }) => {
    for (const args of [["connect"], ["connect", "run"]]) {
      const { code, stderr } = await run(args, { env: { CONNECT_LOGO_URL: "http://x.example/" } }).ended;
      assert.equal(code, 1);
      for (const name of ["CONNECT_PUBLIC_URL", "META_APP_ID", "META_APP_SECRET", "META_CONFIG_ID"])
        assert.match(stderr, new RegExp(`^  ${name} is not set$`, "m"));
      assert.match(stderr, /^ {2}CONNECT_LOGO_URL must be an https address/m);
    }
    const typo = await run(["connect", "creat"]).ended;
    assert.equal(typo.code, 2);
  }));

test("perch start serves the links that perch connect makes, lists and revokes beside it", () =>
  withPerchFolder(async ({ run }) => {
    const port = String(await freePort());
    const env = { API_PORT: "0", WEBHOOK_PORT: "0", SANDBOX_PORT: "0", CONNECT_PORT: port };
    await run(["start"], { env }).prints(/connect +http:\/\/127\.0\.0\.1:\d+\n[\s\S]*Ctrl-C/);
    const made = await run(["connect", "create", "--workspace", workspaceId, "--name", "Acme", "--json"], {
      env,
    }).ended;
    assert.equal(made.code, 0, made.stderr);
    const { id, url } = z.object({ id: z.string(), url: z.string() }).parse(JSON.parse(made.stdout));
    assert.ok(url.startsWith(`http://127.0.0.1:${port}/c/${id}#`), url);
    const [page = "", secret] = url.split("#");
    const origin = new URL(page).origin;
    const opened = await fetch(`${origin}/v1/session/open`, {
      method: "POST",
      headers: { origin, "content-type": "application/json" },
      body: JSON.stringify({ link: id, secret }),
    });
    assert.equal(opened.status, 200);
    const listed = await run(["connect", "list"], { env }).ended;
    assert.match(listed.stdout, new RegExp(`${id} opened +Acme`));
    const revoked = await run(["connect", "revoke", id], { env }).ended;
    assert.deepEqual([revoked.code, revoked.stdout], [0, `${id} is revoked.\n`]);
  }));
