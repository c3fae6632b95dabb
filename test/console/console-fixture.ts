import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after } from "node:test";
import type { Page } from "playwright-core";
import { type Stack, type StackOptions, withStack } from "../support/stack.ts";
import { violations } from "./axe.ts";
import { closeBrowser, type View, withPage } from "./browser.ts";

export const builtConsole = join(import.meta.dirname, "../../dist/console");

after(closeBrowser);

/** A name as somebody hostile would choose it: markup, a switch of direction, and as long as may be. */
export const hostileName = `<img src=x onerror=alert(1)>\u202Egnol ${"x".repeat(300)}`.slice(0, 255);

interface Console extends Stack {
  readonly url: string;
  /** Opens a page of the console. */
  see(path: string, use: (page: Page) => Promise<void>, view?: View): Promise<void>;
}

/** A stack with the API that serves the console. */
export const withConsole = (
  options: StackOptions & { readonly api?: Parameters<Stack["startAnApi"]>[0] },
  run: (opened: Console) => Promise<void>,
): Promise<void> => {
  assert.ok(existsSync(builtConsole), "npm run build:console first");
  const { api, ...stackOptions } = options;
  return withStack(stackOptions, async (stack) => {
    const { url } = await stack.startAnApi({ consoleDir: builtConsole, ...api });
    await run({
      ...stack,
      url,
      see: (path, use, view = {}) =>
        withPage(view, async (page) => {
          await page.goto(new URL(path, url).href);
          await use(page);
        }),
    });
  });
};

/** Writes a picture where CONSOLE_SHOTS names a folder, to look at while changing a screen. */
const shoot = async (page: Page, name: string): Promise<void> => {
  const folder = process.env.CONSOLE_SHOTS;
  if (folder === undefined) return;
  await page.screenshot({
    path: join(folder, `${name.replaceAll(/[^a-z0-9]+/gi, "-")}.png`),
    fullPage: true,
  });
};

/**
 * Looks at a screen as every kind of reader does: light and dark, wide and narrow. It has no violation of axe's rules, and
 * is never wider than the window. In the dark the same elements have other colours, so only their rules are tried again.
 */
export const looksRight = async (
  see: Console["see"],
  path: string,
  ready: (page: Page) => Promise<unknown>,
  expects?: RegExp,
): Promise<void> => {
  await see(
    path,
    async (page) => {
      await ready(page);
      for (const width of [1280, 390]) {
        await page.setViewportSize({ width, height: 800 });
        for (const scheme of ["light", "dark"] as const) {
          await page.emulateMedia({ colorScheme: scheme });
          const at = `${path} ${scheme} ${width}`;
          await shoot(page, at);
          assert.deepEqual(await violations(page, scheme === "light" ? "all" : "colours"), [], at);
        }
        const excess = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
        assert.equal(await page.evaluate(excess), 0, `${path} ${width} is wider than the window`);
      }
    },
    { scheme: "light", ...(expects !== undefined && { expects }) },
  );
};
