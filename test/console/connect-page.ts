import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after } from "node:test";
import type { Page } from "playwright-core";
import type { ConnectSettings } from "../../src/connect/connect.ts";
import { type ConnectLink, connectLinkMembers } from "../../src/install/connect-link.ts";
import { createLinks, type Links } from "../../src/queue/links/links.ts";
import { createMakeLink } from "../../src/queue/links/make-link.ts";
import { createSeal } from "../../src/queue/secrets/seal.ts";
import type { SignupChoice } from "../../src/sandbox/meta/signup-endings.ts";
import { workspaceId } from "../support/request.ts";
import { quickSettings, type Stack, type StackOptions, withStack } from "../support/stack.ts";
import { closeBrowser, type View, withPage } from "./browser.ts";

export const builtPage = join(import.meta.dirname, "../../dist/connect-page");

after(closeBrowser);

/** A link as its customer has it. */
export interface CustomerLink {
  readonly id: string;
  readonly secret: string;
  readonly url: string;
}

export interface ConnectPageTest extends Stack {
  /** Of the connect service. */
  readonly url: string;
  readonly links: Links;
  makeLink(change?: object): Promise<CustomerLink>;
  /** What the API shows of a link. */
  linkOf(link: CustomerLink): Promise<ConnectLink>;
  /** Opens the page of a link. */
  see(
    link: CustomerLink,
    use: (page: Page) => Promise<void>,
    view?: View & { search?: string },
  ): Promise<void>;
}

/** A stack with a connect service that serves the built page. */
export const withConnectPage = (
  options: StackOptions & { readonly connect?: Partial<ConnectSettings> },
  run: (test: ConnectPageTest) => Promise<void>,
): Promise<void> => {
  assert.ok(existsSync(join(builtPage, "index.html")), "npm run build:connect first");
  const { connect, ...stackOptions } = options;
  return withStack(stackOptions, async (stack) => {
    const { client, keys, producer, sealingKeys } = stack;
    const { url } = await stack.startAConnect({ pageDir: builtPage, ...connect });
    const { retentionMs } = quickSettings;
    const links = createLinks({ client, keys, installs: producer.installs, retentionMs });
    const makeLink = createMakeLink({ client, keys, seal: createSeal(sealingKeys), retentionMs });
    await run({
      ...stack,
      url,
      links,
      makeLink: async (change = {}) => {
        const request = connectLinkMembers.parse({ workspaceId, name: "Acme", ...change });
        const { link, secret } = await makeLink(request, { requestedBy: "crm" });
        return { id: link.id, secret, url: `${url}/c/${link.id}#${secret}` };
      },
      linkOf: async ({ id }) => (await links.find(id)) ?? assert.fail("no link"),
      see: (link, use, { search = "?lang=en", ...view } = {}) =>
        withPage(view, async (page) => {
          await page.goto(`${url}/c/${link.id}${search}#${link.secret}`);
          await use(page);
        }),
    });
  });
};

export const heading = (page: Page, name: string | RegExp) =>
  page.getByRole("heading", { name, level: 1 }).waitFor();

/** Presses the page's button and waits for Meta's window. */
export const openWindow = async (page: Page, button = "Continue with Meta"): Promise<Page> => {
  const opened = page.waitForEvent("popup");
  await page.getByRole("button", { name: button }).click();
  return opened;
};

const labels: Readonly<Record<SignupChoice["ending"], string>> = {
  finish: "Finish with a number",
  finish_unverified: "Finish with a number that is not verified",
  finish_only_waba: "Finish without a number",
  finish_business_app: "Finish with a number of the WhatsApp Business app",
  finish_business_app_without_phone_id: "The same, and its id is not told",
  cancel: "Cancel at the step",
  error: "Report the error",
  closed: "Close without a word",
};

/** Fills Meta's window in and leaves it by the button of an ending. */
export const endWindow = async (popup: Page, { ending, first, ...fields }: SignupChoice): Promise<void> => {
  if (first !== undefined) await popup.getByLabel("First comes").selectOption(first);
  for (const [name, value] of Object.entries(fields)) await popup.locator(`[name=${name}]`).fill(value ?? "");
  const closed = popup.waitForEvent("close");
  await popup.getByRole("button", { name: labels[ending], exact: true }).click();
  await closed;
};
