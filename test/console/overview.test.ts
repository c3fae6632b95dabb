import assert from "node:assert/strict";
import test from "node:test";
import { fieldOf } from "../../src/queue/stats/hourly-counts.ts";
import { installRequest } from "../support/request.ts";
import type { Stack } from "../support/stack.ts";
import { goTo, skipped } from "./browser.ts";
import { looksRight, withConsole } from "./console-fixture.ts";
import { keys, refusals, signInAs } from "./sign-in.ts";

const options = { skip: skipped };

/** A day of counts, as the processes write them. */
const countADay = async ({ client, keys: redisKeys }: Stack): Promise<void> => {
  const thisHour = Math.floor(Date.now() / 3_600_000);
  for (let ago = 0; ago < 48; ago += 1) {
    const wave = 60 + Math.round(50 * Math.sin(ago / 4));
    await client.hset(`${redisKeys.home().stats}:${thisHour - ago}`, {
      [fieldOf.ended("completed")]: wave,
      [fieldOf.ended("failed")]: ago % 7,
      [fieldOf.failed("rejected_by_bird")]: ago % 7,
      [fieldOf.time(500)]: wave,
      [fieldOf.time(5000)]: ago % 5,
      [fieldOf.bird("2xx")]: 2 * wave,
      [fieldOf.bird("429")]: ago % 4,
    });
  }
};

test(
  "the overview says what is worst and its fix, and its figures lead to the lists they count",
  options,
  () =>
    withConsole({ startsPaused: true }, async (stack) => {
      await countADay(stack);
      await stack.producer.enqueue(installRequest(1));
      await stack.see("/", async (page) => {
        const health = page.getByRole("region", { name: "Health" });
        await health.getByRole("link", { name: "All checks" }).waitFor();
        for (const title of [
          "Ended, by outcome",
          "Failures, by cause",
          "From create to event",
          "Bird's answers",
        ])
          await page.getByRole("region", { name: title }).locator("canvas").waitFor();
        const chart = page.getByRole("region", { name: "Failures, by cause" });
        await chart.getByText("As a table").click();
        assert.equal(await chart.getByRole("row").count(), 25);
        await page.getByRole("link", { name: "1 Queued" }).click();
        await page.waitForURL("**/installs?status=queued");
        await page.getByRole("link", { name: "+14155550101" }).waitFor();
      });
    }),
);

test("the overview follows the stream of figures, and asks by itself where there is none", options, () =>
  withConsole({ startsPaused: true }, async (stack) => {
    await stack.see("/?stream", async (page) => {
      const streamed = page.waitForRequest(/\/v1\/stats\/events\?hours=48$/);
      await page.reload();
      await streamed;
      await page.getByRole("link", { name: "All checks" }).waitFor();
      await stack.producer.enqueue(installRequest(1));
      await page.getByRole("link", { name: "1 Queued" }).waitFor({ timeout: 4000 });
      const asked: string[] = [];
      page.on("request", (request) => asked.push(new URL(request.url()).pathname));
      await stack.producer.enqueue(installRequest(2));
      await page.getByRole("link", { name: "2 Queued" }).waitFor();
      await stack.producer.enqueue(installRequest(3));
      await page.getByRole("link", { name: "3 Queued" }).waitFor();
      assert.equal(asked.filter((path) => path === "/v1/stats").length, 0, "the stream brought them");
    });
    await stack.see(
      "/setup",
      async (page) => {
        await page.route(/\/v1\/stats\/events/, (route) => route.abort());
        await goTo(page, "/");
        await page.getByRole("link", { name: "3 Queued" }).waitFor();
        await stack.producer.enqueue(installRequest(4));
        await page.getByRole("link", { name: "4 Queued" }).waitFor();
      },
      { expects: /ERR_FAILED/ },
    );
  }),
);

test(
  "a key without admin sees the figures without the checks, and one of some workspaces its installs",
  options,
  () =>
    withConsole({ startsPaused: true, api: { keys } }, async (stack) => {
      await stack.producer.enqueue(installRequest(1));
      await stack.see(
        "/",
        async (page) => {
          await signInAs(page, "reader-key");
          await page.getByText("No worker reports, and 1 install waits.").waitFor();
          await page.getByText("Nothing ended.").waitFor();
          assert.equal(await page.getByRole("link", { name: "All checks" }).count(), 0);
          await page.getByRole("button", { name: "Sign out" }).click();
          await signInAs(page, "tenant-key");
          await page.waitForURL("**/installs");
          assert.equal(await page.getByRole("link", { name: "Overview" }).count(), 0);
        },
        { expects: refusals },
      );
    }),
);

test("the overview of a new Perch looks right to every reader", options, () =>
  withConsole({ startsPaused: true }, ({ see }) =>
    looksRight(see, "/?new", (page) => page.getByRole("link", { name: "All checks" }).waitFor()),
  ),
);

test("the overview of a day looks right to every reader", options, () =>
  withConsole({ startsPaused: true }, async (stack) => {
    await countADay(stack);
    await looksRight(stack.see, "/", async (page) => {
      await page.getByRole("link", { name: "All checks" }).waitFor();
      await page.locator("canvas").nth(3).waitFor();
    });
  }),
);
