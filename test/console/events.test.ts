import assert from "node:assert/strict";
import test from "node:test";
import { createCountRefused } from "../../src/queue/matching/refused.ts";
import { installRequest } from "../support/request.ts";
import { quickSettings } from "../support/stack.ts";
import { goTo, skipped } from "./browser.ts";
import { looksRight, withConsole } from "./console-fixture.ts";
import { keys, refusals, signInAs } from "./sign-in.ts";
import { arrive, connectorId } from "./untaken-events.ts";

const options = { skip: skipped };

test(
  "events that nothing took say why, lead to their install, and show no value of what was unreadable",
  options,
  () =>
    withConsole({ startsPaused: true }, async (stack) => {
      await arrive(stack);
      await stack.see("/events", async (page) => {
        await page.getByText("Its connector was made outside of Perch").waitFor();
        await page.getByRole("button", { name: "Which events" }).click();
        await page.getByRole("option", { name: "Could not be read" }).click();
        await page.getByText("{ service: string, payload: { name: string, n: [number] } }").waitFor();
        assert.equal(await page.getByText("a-secret-value").count(), 0);
        await goTo(page, "/events");
        await page.getByRole("link", { name: `Look up the install of connector ${connectorId}` }).click();
        await page.waitForURL(`**/installs?q=${connectorId}`);
        await page.getByRole("heading", { name: "No install matches" }).waitFor();
      });
    }),
);

test(
  "events that contradict an install lead to it, and refused requests are counted by reason",
  options,
  () =>
    withConsole({ startsPaused: true }, async (stack) => {
      const { client, keys: redisKeys } = stack;
      const {
        install: { id },
      } = await stack.producer.enqueue(installRequest(1));
      await arrive(stack);
      await arrive(stack, "e1f2a3b4-7d1a-4f0e-9c55-3a1f0f6f4d10");
      await client.hset(redisKeys.ofInstall(id).connector(connectorId), "job", id);
      const counting = createCountRefused({
        client,
        keys: redisKeys,
        retentionMs: quickSettings.retentionMs,
      });
      for (let n = 0; n < 3; n += 1) counting.count("bad_signature");
      await counting.close();
      await stack.see("/events", async (page) => {
        const choose = async (name: string): Promise<void> => {
          await page.getByRole("button", { name: "Which events" }).press("Enter");
          await page.getByRole("option", { name }).press("Enter");
        };
        await choose("Were refused, by reason");
        await page.getByRole("row", { name: /bad_signature.*3.*Compare the signing key/ }).waitFor();
        await choose("Contradict an install");
        await page.getByText("A second event names another channel for its connector.").waitFor();
        await page.getByRole("link", { name: `Open the install of connector ${connectorId}` }).click();
        await page.waitForURL(`**/installs/${id}`);
      });
    }),
);

test(
  "a key of some workspaces sees their events, and is told that unreadable ones are for others",
  options,
  () =>
    withConsole({ startsPaused: true, api: { keys } }, async (stack) => {
      await arrive(stack);
      await stack.see(
        "/events",
        async (page) => {
          await signInAs(page, "tenant-key");
          await page.getByText("Its connector was made outside of Perch").waitFor();
          await page.getByRole("button", { name: "Which events" }).click();
          await page.getByRole("option", { name: "Contradict an install" }).waitFor();
          assert.equal(await page.getByRole("option").count(), 2, "the others are about all workspaces");
          await page.keyboard.press("Escape");
          await goTo(page, "/events?state=unreadable");
          await page.getByRole("alert").getByText("Your key may not see this").waitFor();
        },
        { expects: refusals },
      );
    }),
);

test("the events look right to every reader, also with none and with hostile names", options, () =>
  withConsole({ startsPaused: true }, async (stack) => {
    await looksRight(stack.see, "/events", (page) =>
      page.getByRole("heading", { name: "Every event found its install" }).waitFor(),
    );
    for (const [state, title] of [
      ["conflict", "No event contradicts an install"],
      ["refused", "No request was refused"],
    ] as const)
      await looksRight(stack.see, `/events?state=${state}`, (page) =>
        page.getByRole("heading", { name: title }).waitFor(),
      );
    await arrive(stack);
    for (const path of ["/events", "/events?state=unreadable"])
      await looksRight(stack.see, path, async (page) => {
        await page
          .getByText(/onerror/)
          .first()
          .waitFor();
        assert.equal(await page.locator("main img").count(), 0);
      });
  }),
);
