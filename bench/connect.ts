/**
 * How soon a number is connected after the customer's click on "Finish" in Meta's window, in a browser against `perch start`
 * and its sandbox, whose channel takes 300 ms; the size of connect.js; and how many made-up links are refused a second, and
 * with how many commands to Redis.
 *
 *   npm run bench:connect -- [runs] [seconds of flood]
 */
import { randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Pool } from "undici";
import { z } from "zod";
import type { RedisClient } from "../src/redis/client.ts";
import { connectRedis } from "../src/redis/connection.ts";
import { closeBrowser, skipped, withPage } from "../test/console/browser.ts";
import { withPerchFolder } from "../test/support/perch.ts";
import { print, quantile } from "./processes.ts";
import { request } from "./requests.ts";

const runs = Number(process.argv[2] ?? 30);
const floodMs = Number(process.argv[3] ?? 10) * 1000;
const aimMs = 1000;
const sandboxWaitMs = 300;
const connections = 32;

const linkSchema = z.object({ id: z.string(), url: z.string() });

const makeLink = async (apiUrl: string): Promise<z.output<typeof linkSchema>> => {
  const { workspaceId, name } = request(1);
  const response = await fetch(`${apiUrl}/v1/connect-links`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ workspaceId, name }),
  });
  return linkSchema.parse(await response.json());
};

/** From the click on "Finish" to the page's word that the number is connected, ms. */
const finishMs = async (url: string): Promise<number> => {
  let took = 0;
  await withPage({}, async (page) => {
    await page.goto(url.replace("#", "?lang=en#"));
    const opening = page.waitForEvent("popup");
    await page.getByRole("button", { name: "Continue with Meta" }).click();
    const finish = (await opening).getByRole("button", { name: "Finish with a number", exact: true });
    await finish.waitFor();
    const shown = page.getByRole("heading", { name: "Your number is connected" }).waitFor();
    const startMs = performance.now();
    await finish.click({ noWaitAfter: true });
    await shown;
    took = performance.now() - startMs;
  });
  return took;
};

const measureClicks = async (apiUrl: string): Promise<void> => {
  if (skipped !== false) return print(`click to connected: ${skipped}`);
  await finishMs((await makeLink(apiUrl)).url);
  const times: number[] = [];
  for (let n = 0; n < runs; n += 1) times.push(await finishMs((await makeLink(apiUrl)).url));
  times.sort((a, b) => a - b);
  const [p50, p95] = [quantile(times, 0.5), quantile(times, 0.95)].map(Math.round);
  print(`click on Finish to connected, ${runs} runs: p50 ${p50} ms, p95 ${p95} ms`);
  print(`  of which the sandbox waits ${sandboxWaitMs} ms; aim: p95 under ${aimMs + sandboxWaitMs} ms`);
};

const commandsOf = async (client: RedisClient): Promise<number> =>
  Number(/total_commands_processed:(\d+)/.exec(await client.info("stats"))?.[1]);

/** Sends made-up links for a while, each from an address of its own. @returns how many were refused, by status */
const flood = async (connectUrl: string, id: string): Promise<ReadonlyMap<number, number>> => {
  const pool = new Pool(connectUrl, { connections });
  const refused = new Map<number, number>();
  const untilMs = performance.now() + floodMs;
  let n = 0;
  const send = async (): Promise<void> => {
    while (performance.now() < untilMs) {
      n += 1;
      const { statusCode, body } = await pool.request({
        path: "/v1/session/open",
        method: "POST",
        headers: {
          origin: connectUrl,
          "content-type": "application/json",
          "x-forwarded-for": `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`,
        },
        body: JSON.stringify({ link: id, secret: randomBytes(30).toString("base64url") }),
      });
      await body.dump();
      refused.set(statusCode, (refused.get(statusCode) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: connections }, send));
  await pool.close();
  return refused;
};

const measureFlood = async (deps: {
  readonly connectUrl: string;
  readonly id: string;
  readonly client: RedisClient;
}): Promise<void> => {
  const { connectUrl, id, client } = deps;
  const idleFrom = await commandsOf(client);
  await pause(floodMs);
  const from = await commandsOf(client);
  const refused = await flood(connectUrl, id);
  const to = await commandsOf(client);
  const seconds = floodMs / 1000;
  const parts = [...refused].map(([status, count]) => `${Math.round(count / seconds)} with ${status}`);
  const count = [...refused.values()].reduce((sum, each) => sum + each, 0);
  print(`made-up links refused a second: ${Math.round(count / seconds)} (${parts.join(", ")})`);
  print(`  Redis: ${to - from} commands meanwhile, ${from - idleFrom} in as long without them`);
};

const { size } = await stat(join(import.meta.dirname, "../dist/connect-page/connect.js"));
const { size: packed } = await stat(join(import.meta.dirname, "../dist/connect-page/connect.js.br"));
print(`connect.js: ${size} bytes, ${packed} compressed`);
const env = {
  ...{ API_PORT: "0", WEBHOOK_PORT: "0", SANDBOX_PORT: "0", CONNECT_PORT: "0", CONNECT_PROXY_HOPS: "1" },
  LOG_LEVEL: "error",
};
await withPerchFolder(async ({ run }) => {
  const printed = await run(["start"], { env }).prints(/Ctrl-C/);
  const find = (pattern: RegExp): string => pattern.exec(printed)?.[1] ?? "";
  const apiUrl = find(/ api +(http:\S+)/);
  await measureClicks(apiUrl);
  const client = await connectRedis(find(/private: (\S+)/), { whenAway: "wait", name: "bench" });
  const { id } = await makeLink(apiUrl);
  await measureFlood({ connectUrl: find(/ connect +(http:\S+)/), id, client });
  await client.quit();
});
await closeBrowser();
