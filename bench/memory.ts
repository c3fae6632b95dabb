/**
 * Resident memory, as `perch` commands use it in the image: of each role once it is ready and has been idle for half a minute, of a
 * worker after 10,000 and after 100,000 installs, and of the API while a dry run of a file comes in over HTTP.
 *
 *   npm run bench:memory [rows of the file] [installs]
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { setTimeout as pause } from "node:timers/promises";
import { createProducer } from "../src/producer/producer.ts";
import { createKeys } from "../src/queue/keyspace/keys.ts";
import { generateSealingKey } from "../src/queue/secrets/seal.ts";
import { startSandbox } from "../src/sandbox/sandbox.ts";
import { freePort } from "../test/support/redis-servers.ts";
import { print, untilCount, withRedis } from "./processes.ts";
import { requests } from "./requests.ts";

const rows = Number(process.argv[2] ?? 1_000_000);
const installs = Number(process.argv[3] ?? 100_000);
const idleMs = 30_000;
/** Compiled, as the image and the package run it. */
const main = join(import.meta.dirname, "../dist/main.js");
const signingSecret = "bench-signing-secret-of-32-characters";

interface Role {
  readonly name: string;
  readonly child: ChildProcess;
}

/** `VmRSS` or `VmHWM`, the largest so far, MiB. Linux only. */
const memoryMib = async ({ child }: Role, field: "VmRSS" | "VmHWM"): Promise<number> => {
  const status = await readFile(`/proc/${child.pid}/status`, "utf8");
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status)?.[1]) / 1024;
};

const report = async (what: string, role: Role, field: "VmRSS" | "VmHWM"): Promise<void> =>
  print(`${what.padEnd(44)} ${(await memoryMib(role, field)).toFixed(0).padStart(4)} MiB`);

const untilReady = async (url: string): Promise<void> => {
  while (
    !(await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    ))
  )
    await pause(50);
};

const file = function* () {
  yield "workspaceId,name,wabaId,phoneId,phoneNumber,accessToken\n";
  let chunk: string[] = [];
  for (const row of requests(rows)) {
    chunk.push(Object.values(row).join(","), "\n");
    if (chunk.length < 2000) continue;
    yield chunk.join("");
    chunk = [];
  }
  yield chunk.join("");
};

const dryRun = async (url: string): Promise<string> => {
  const request = httpRequest(`${url}/v1/batches?dryRun=true`, {
    method: "POST",
    headers: { "content-type": "text/csv" },
  });
  const [[response]] = await Promise.all([
    once(request, "response"),
    pipeline(Readable.from(file()), request),
  ]);
  return text(response);
};

await withRedis(async (redis, client) => {
  await using opened = new AsyncDisposableStack();
  const sealingKeys = generateSealingKey();
  const webhookPort = await freePort();
  const apiPort = await freePort();
  const webhookUrl = `http://127.0.0.1:${webhookPort}`;
  const apiUrl = `http://127.0.0.1:${apiPort}`;
  const sandbox = await startSandbox({
    channelDelayMs: 0,
    subscribeAll: {
      url: `${webhookUrl}/webhooks/bird`,
      signingKey: () => signingSecret,
      events: ["channel.created"],
    },
  });
  opened.defer(sandbox.close);
  const env = {
    PATH: process.env.PATH,
    REDIS_URL: redis.url,
    SEALING_KEYS: sealingKeys,
    BIRD_API_URL: sandbox.url,
    BIRD_ACCESS_KEY: sandbox.accessKey,
    CONNECTOR_TEMPLATE: "whatsapp:1",
    WEBHOOK_SIGNING_KEYS: signingSecret,
    WEBHOOK_PORT: String(webhookPort),
    API_PORT: String(apiPort),
    LOG_LEVEL: "error",
    WORKER_PORT: String(await freePort()),
    WEBHOOK_ADMIN_PORT: String(await freePort()),
  };
  const start = (name: string): Role => {
    const child = spawn(process.execPath, ["--", main, name], {
      env,
      stdio: ["ignore", "ignore", "inherit"],
    });
    opened.defer(async () => {
      child.kill("SIGTERM");
      if (child.exitCode === null) await once(child, "exit");
    });
    return { name, child };
  };
  const worker = start("worker");
  const roles = [worker, start("webhook"), start("api")];
  const api = roles[2] ?? worker;
  await untilReady(`${webhookUrl}/readyz`);
  await untilReady(`${apiUrl}/readyz`);
  await pause(idleMs);
  for (const role of roles) await report(`${role.name}, idle`, role, "VmRSS");

  const answer = await dryRun(apiUrl);
  print(`dry run of ${rows} rows over HTTP: ${answer.slice(0, 80).replaceAll(/\s+/g, " ")}`);
  await report("api, its largest during that", api, "VmHWM");

  const producer = await createProducer({ redisUrl: redis.url, sealingKeys });
  opened.defer(() => producer.close());
  const completed = createKeys().job("completed");
  let done = 0;
  for (const count of [Math.min(10_000, installs / 10), installs]) {
    for await (const row of producer.enqueueMany(requests(count, done)))
      if ("errors" in row) throw new Error(JSON.stringify(row.errors));
    done = count;
    await untilCount(client, completed, count);
    await report(`worker, after ${count} installs`, worker, "VmRSS");
  }
});
