import type { Page } from "playwright-core";
import { type ApiKey, hashApiKey, type Scope } from "../../src/api/auth/api-keys.ts";
import { workspaceId } from "../support/request.ts";

const keyOf = (name: string, scopes: readonly Scope[], workspaces?: readonly string[]): ApiKey => ({
  name,
  hash: hashApiKey(`${name}-key`),
  scopes,
  workspaces,
});

/** Keys of an API; the key of `operator` is `operator-key`. */
export const keys = [
  keyOf("operator", ["admin"]),
  keyOf("reader", ["read"]),
  keyOf("writer", ["write"]),
  keyOf("tenant", ["admin"], [workspaceId]),
];

/** What the browser itself reports of answers that have no session or a key may not have. */
export const refusals = /status of 40[13]/;

/** Signs the page in, at whatever address it is. */
export const signInAs = async (page: Page, apiKey: string): Promise<void> => {
  await page.getByLabel("API key").fill(apiKey);
  await page.keyboard.press("Enter");
  await page.getByRole("navigation", { name: "Screens" }).waitFor();
};
