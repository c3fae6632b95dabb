/** Writes the pictures of docs/connect.md: `npm run connect:shots`. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { connectLinkMembers } from "../../src/install/connect-link.ts";
import { createMakeLink } from "../../src/queue/links/make-link.ts";
import { createSeal } from "../../src/queue/secrets/seal.ts";
import { globalSetup, globalTeardown } from "../support/global-setup.ts";
import { workspaceId } from "../support/request.ts";
import { withStack } from "../support/stack.ts";
import { closeBrowser, withPage } from "./browser.ts";

const root = join(import.meta.dirname, "../..");
const target = join(root, "docs/connect");

const shoot = async (page: Page, name: string): Promise<void> => {
  await page.screenshot({ path: join(target, `${name}.png`) });
};

const write = async (): Promise<void> => {
  await mkdir(target, { recursive: true });
  await withStack({ startsPaused: true }, async ({ client, keys, sealingKeys, startAConnect }) => {
    const { url } = await startAConnect({ pageDir: join(root, "dist/connect-page") });
    const seal = createSeal(sealingKeys);
    const makeLink = createMakeLink({ client, keys, seal, retentionMs: 3_600_000 });
    const request = connectLinkMembers.parse({ workspaceId, name: "Acme support" });
    const { link, secret } = await makeLink(request, { requestedBy: "crm" });
    await withPage({ width: 390 }, async (page) => {
      await page.goto(`${url}/c/${link.id}?lang=en#${secret}`);
      const button = page.getByRole("button", { name: "Continue with Meta" });
      await button.waitFor();
      await shoot(page, "asks");
      const opening = page.waitForEvent("popup");
      await button.click();
      await (await opening).getByRole("button", { name: "Finish with a number", exact: true }).click();
      await page.getByRole("heading", { name: "Your number is being connected" }).waitFor();
      await shoot(page, "connecting");
    });
  });
};

await globalSetup();
try {
  await write();
} finally {
  await closeBrowser();
  await globalTeardown();
}
