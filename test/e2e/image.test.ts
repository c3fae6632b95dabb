import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, glob, mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test from "node:test";
import { promisify } from "node:util";
import { z } from "zod";
import { withPrivateRedis } from "../integration/private-redis.ts";
import { installRequest } from "../support/request.ts";
import { composeSchema } from "../unit/deploy/compose-schema.ts";
import { copiedFiles } from "../unit/deploy/dockerfile.ts";
import { deploymentOf } from "../unit/deploy/manifests.ts";
import { readYaml, repository } from "../unit/deploy/repository.ts";
import { type RoleName, roleNames } from "../unit/deploy/settings-of-roles.ts";

const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.object({ dev: z.boolean().default(false), optional: z.boolean().default(false) }),
  ),
});

/**
 * A folder with what the Dockerfile copies and, in place of its other stages' results, the compiled source, the built
 * pages and links to what `npm ci --omit=dev` would install.
 */
const makeImage = async (folder: string): Promise<void> => {
  for (const file of [...copiedFiles(), "dist/console", "dist/connect-page"])
    await cp(join(repository, file), join(folder, file), { recursive: true });
  const compiler = join(repository, "node_modules/typescript/bin/tsc");
  const flags = ["-p", "tsconfig.build.json", "--declaration", "false", "--outDir", join(folder, "dist")];
  await promisify(execFile)(process.execPath, [compiler, ...flags], { cwd: repository });
  const { packages } = lockSchema.parse(
    JSON.parse(await readFile(join(repository, "package-lock.json"), "utf8")),
  );
  const installed = Object.entries(packages).filter(
    // A package within a package comes with it.
    ([path, { dev, optional }]) => !dev && !optional && path.lastIndexOf("node_modules/") === 0,
  );
  for (const [path] of installed) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await symlink(join(repository, path), join(folder, path));
  }
};

const filesOf = async (folder: string): Promise<readonly string[]> => {
  const files = await Array.fromAsync(
    glob("**", { cwd: folder, exclude: (name) => name === "node_modules" }),
  );
  return files.sort();
};

type Command = RoleName | "sandbox";

/** What each says once it listens, and where that is. */
const listening: Readonly<Record<Command, RegExp>> = {
  api: /"url":"([^"]+)".*"API runs"/,
  worker: /"admin":"([^"]+)".*"worker runs"/,
  webhook: /"url":"([^"]+)".*"webhook service runs"/,
  connect: /"url":"([^"]+)".*"connect service runs"/,
  sandbox: /plays Bird at (\S+)\. /,
};

/** Runs a command in the folder with these settings and no others, until it has said where it listens. */
const start = async (command: Command, deps: { folder: string; env: Record<string, string> }) => {
  // Modules are looked for beside the links, not beside what they lead to, where development ones are too.
  const flags = ["--preserve-symlinks", "--preserve-symlinks-main"];
  const child = spawn(process.execPath, [...flags, "dist/main.js", command], {
    cwd: deps.folder,
    env: deps.env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "close").then(([code]) => z.number().nullable().parse(code));
  let printed = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
      child.emit("printed");
    });
  for (;;) {
    const [, url] = listening[command].exec(printed) ?? [];
    if (url !== undefined) {
      const stop = async (): Promise<number | null> => {
        if (child.exitCode === null) child.kill("SIGTERM");
        return ended;
      };
      return { command, url, stop };
    }
    const isOver = await Promise.race([once(child, "printed").then(() => false), ended.then(() => true)]);
    if (isOver) throw new Error(`${command} ended: ${printed}`);
  }
};

/** The settings of the sandbox profile, whose addresses the test knows better. */
const sandboxSettings = (): Record<string, string> => {
  const { environment } = readYaml("docker-compose.yml", composeSchema).services.sandbox ?? assert.fail();
  const { BIRD_API_URL: _, WEBHOOK_PUBLIC_URL: __, ...settings } = environment;
  return z.record(z.string(), z.string()).parse(settings);
};

const probesOf = (role: RoleName): readonly string[] => {
  const { startupProbe, livenessProbe, readinessProbe } = deploymentOf(role).container;
  return [startupProbe, livenessProbe, readinessProbe].map(({ httpGet }) => httpGet.path);
};

/** Installs a number through the API. @returns how that ended */
const installThrough = async (apiUrl: string): Promise<string> => {
  const headers = { authorization: "Bearer sandbox", "content-type": "application/json" };
  const body = JSON.stringify(installRequest(1));
  const created = await fetch(`${apiUrl}/v1/installs`, { method: "POST", headers, body });
  assert.equal(created.status, 202);
  const ended = await fetch(`${apiUrl}${created.headers.get("location")}?wait=20`, { headers });
  return z.object({ status: z.string() }).parse(await ended.json()).status;
};

test("the image's files and production modules are enough for every role to install a number, and nothing is written", () =>
  withPrivateRedis(async ({ url: redisUrl }) => {
    const folder = await mkdtemp(join(tmpdir(), "perch-image-"));
    await using opened = new AsyncDisposableStack();
    opened.defer(() => rm(folder, { recursive: true, force: true }));
    await makeImage(join(folder, "app"));
    await mkdir(join(folder, "tmp"));
    const before = await filesOf(folder);
    const ports = [
      "API_PORT",
      "WORKER_PORT",
      "WEBHOOK_PORT",
      "WEBHOOK_ADMIN_PORT",
      "SANDBOX_PORT",
      "CONNECT_PORT",
      "CONNECT_ADMIN_PORT",
    ];
    const common = {
      ...sandboxSettings(),
      ...Object.fromEntries(ports.map((name) => [name, "0"])),
      REDIS_URL: redisUrl,
      TMPDIR: join(folder, "tmp"),
      NODE_ENV: "production",
      // As Compose has it; a key as open as the sandbox's is taken only beside a Bird on this machine.
      BIRD_API_URL: "http://127.0.0.1:3003",
    };
    const running: Awaited<ReturnType<typeof start>>[] = [];
    const run = async (command: Command, env: Record<string, string>): Promise<string> => {
      const started = await start(command, { folder: join(folder, "app"), env: { ...common, ...env } });
      opened.defer(async () => void (await started.stop()));
      running.push(started);
      return started.url;
    };
    const webhookUrl = await run("webhook", {});
    const birdUrl = await run("sandbox", { WEBHOOK_PUBLIC_URL: webhookUrl });
    const env = { WEBHOOK_PUBLIC_URL: webhookUrl, BIRD_API_URL: birdUrl };
    const [apiUrl, workerUrl] = await Promise.all([run("api", env), run("worker", env)]);
    const meta = { META_APP_ID: "1234567890", META_APP_SECRET: "0123456789abcdef0123456789abcdef" };
    const connectUrl = await run("connect", {
      ...meta,
      META_CONFIG_ID: "987654321",
      CONNECT_PUBLIC_URL: "https://connect.example.test",
    });

    const urls = { api: apiUrl.replace("0.0.0.0", "127.0.0.1"), worker: workerUrl, webhook: webhookUrl };
    for (const role of roleNames)
      for (const path of probesOf(role))
        assert.equal((await fetch(`${urls[role]}${path}`)).status, 200, `${role} ${path}`);
    const page = await fetch(urls.api, { headers: { accept: "text/html" } });
    assert.match(await page.text(), /<script type="module"[^>]* src="\/assets\//);
    const script = await fetch(`${connectUrl}/connect.js`);
    const built = await readFile(join(repository, "dist/connect-page/connect.js"), "utf8");
    assert.equal(await script.text(), built);
    assert.equal(await installThrough(urls.api), "completed");
    assert.deepEqual(await Promise.all(running.map(({ stop }) => stop())), [0, 0, 0, 0, 0]);
    assert.deepEqual(await filesOf(folder), before);
  }));
