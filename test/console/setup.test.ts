import assert from "node:assert/strict";
import test from "node:test";
import { skipped } from "./browser.ts";
import { looksRight, withConsole } from "./console-fixture.ts";
import { keys, refusals, signInAs } from "./sign-in.ts";

const options = { skip: skipped };

test("on a phone the navigation is scrolled to the current screen", options, () =>
  withConsole({ startsPaused: true }, ({ see }) =>
    see(
      "/setup",
      async (page) => {
        const screens = page.getByRole("navigation", { name: "Screens" });
        const current = await screens.getByRole("link", { name: "Setup" }).boundingBox();
        assert.ok(
          current !== null && current.x >= 0 && current.x + current.width <= 390,
          JSON.stringify(current),
        );
      },
      { width: 390 },
    ),
  ),
);

test(
  "the checks say what is missing and how to mend it, run again, and what to begin with is copied",
  options,
  () =>
    withConsole({ startsPaused: true }, async ({ see, url }) => {
      await see("/setup", async (page) => {
        const wrong = page.getByRole("list", { name: "What needs attention" });
        await wrong.waitFor();
        const first = await wrong.getByRole("listitem").first().textContent();
        assert.match(first ?? "", /^(Fails|Warns)/);
        await page.getByRole("button", { name: "Run again" }).click();
        await page.getByText(/^\d+ passed$/).click();
        await page.getByRole("list", { name: "Checks that passed" }).getByText("Passed").first().waitFor();
        await page.getByRole("button", { name: "Copy: curl" }).click();
        await page.getByRole("button", { name: "curl is copied" }).waitFor();
        const copied = String(await page.evaluate("navigator.clipboard.readText()"));
        assert.ok(copied.startsWith(`curl -s ${url}/v1/installs`), copied);
        assert.doesNotMatch(copied, /authorization/);
      });
    }),
);

test("a key without admin sees what to begin with and why there are no checks", options, () =>
  withConsole({ startsPaused: true, api: { keys } }, async ({ see }) => {
    for (const name of ["reader", "tenant"])
      await see(
        "/setup",
        async (page) => {
          await signInAs(page, `${name}-key`);
          await page.getByText("for all workspaces").waitFor();
          assert.equal(await page.getByRole("button", { name: "Run again" }).count(), 0);
          await page.getByText(/authorization: Bearer \$PERCH_KEY/).waitFor();
        },
        { expects: refusals },
      );
  }),
);

test("the setup looks right to every reader", options, () =>
  withConsole({ startsPaused: true }, async ({ see }) => {
    await looksRight(see, "/setup", (page) =>
      page.getByRole("list", { name: "What needs attention" }).waitFor(),
    );
  }),
);
