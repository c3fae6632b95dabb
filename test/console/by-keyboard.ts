import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { dialogLooksRight } from "./axe.ts";

/**
 * Judges what has the focus whenever a key is pressed: it has to be in view, and to look otherwise than it did without the
 * focus; what was never seen without has to have an outline. Only a whole screen or dialog, from where Tab goes on, is not
 * marked. What is wrong becomes an error of the page's console, at which the page's test fails.
 */
const judgeFocus = `(() => {
  const known = new WeakMap();
  const looksOf = (element) => {
    const looks = [];
    for (let each = element; each !== null && looks.length < 4; each = each.parentElement) {
      const { outlineStyle, outlineWidth, boxShadow, backgroundColor, borderColor } = getComputedStyle(each);
      looks.push((outlineStyle === "none" ? "" : outlineWidth) + boxShadow + backgroundColor + borderColor);
    }
    return looks;
  };
  const judge = (focused) => {
    if (focused === document.body || focused.matches("main, [role=dialog]")) return;
    const looks = looksOf(focused);
    const before = known.get(focused);
    const isMarked = before === undefined ? looks.some((look) => /^[1-9]/.test(look)) : looks.join() !== before;
    const { top, bottom, left, right } = focused.getBoundingClientRect();
    const isInView = bottom > 0 && top < innerHeight && right > 0 && left < innerWidth;
    if (isMarked && isInView) return;
    console.error(location.pathname, isInView ? "The focus is not to be seen at" : "Out of view:", focused.outerHTML.slice(0, 300));
  };
  addEventListener("keydown", () => {
    judge(document.activeElement);
    for (const each of document.querySelectorAll("a[href], button, input, textarea, summary, [tabindex]"))
      if (each !== document.activeElement) known.set(each, looksOf(each).join());
  }, true);
})()`;

/** From the next address on, and until it is disposed, every page is judged by how it shows its focus. */
export const watchFocus = (page: Page): Promise<AsyncDisposable> => page.addInitScript(judgeFocus);

const focusedOf = (page: Page): Locator => page.locator(":focus");

const isFocused = async (target: Locator): Promise<boolean> =>
  (await target.and(focusedOf(target.page())).count()) > 0;

/** What has the focus, for a message. */
const nameOfFocused = async (page: Page): Promise<string> =>
  String(
    await page.evaluate(
      `(({ tagName, ariaLabel, textContent }) => tagName + " " + (ariaLabel ?? textContent).slice(0, 50))(document.activeElement)`,
    ),
  );

/** Presses Tab, or another key, until the target has the focus. */
export const tabTo = async (target: Locator, key = "Tab", most = 60): Promise<void> => {
  await target.first().waitFor();
  const page = target.page();
  for (let presses = 0; !(await isFocused(target)); presses += 1) {
    if (presses > most) assert.fail(`${key} does not reach ${target}; it is at ${await nameOfFocused(page)}`);
    await page.keyboard.press(key);
  }
};

/** Goes to the target and presses it. */
export const pressOn = async (target: Locator, key = "Enter"): Promise<void> => {
  await tabTo(target);
  await target.page().keyboard.press(key);
};

/** Skips the head of the page, as its first Tab offers. */
export const skipToScreen = async (page: Page): Promise<void> => {
  await page.getByRole("navigation", { name: "Screens" }).waitFor();
  await pressOn(page.getByRole("link", { name: "Skip to the screen" }));
  await hasFocus(page.locator("main"));
};

/** Waits until the target has the focus. */
export const hasFocus = (target: Locator): Promise<void> =>
  target
    .and(focusedOf(target.page()))
    .waitFor({ state: "attached", timeout: 5000 })
    .catch(async (cause: unknown) => {
      throw new Error(`${target} has no focus, but ${await nameOfFocused(target.page())}`, { cause });
    });

/** Waits until something has the focus: Tab goes on from there, and not from the top of the page. */
export const keepsFocus = (page: Page): Promise<void> =>
  focusedOf(page)
    .waitFor({ state: "attached", timeout: 5000 })
    .catch((cause: unknown) => {
      throw new Error(`the focus is lost, at ${page.url()}`, { cause });
    });

/** Presses Tab through all of the page until it begins again: nothing holds the focus. */
export const tabThrough = async (page: Page, most = 150): Promise<void> => {
  for (let presses = 0; presses <= most; presses += 1) {
    await page.keyboard.down("Tab");
    if (presses > 0 && (await focusedOf(page).count()) === 0) return page.keyboard.up("Tab");
  }
  assert.fail(`Tab does not leave the page; it is at ${await nameOfFocused(page)}`);
};

/**
 * A dialog that is open has the focus and keeps it; Escape closes it and gives the focus back to what opened it. It has no
 * violation of axe's rules.
 */
export const dialogHolds = async (dialog: Locator, opener: Locator): Promise<void> => {
  const page = dialog.page();
  await dialog.waitFor();
  await keepsFocus(page);
  await dialogLooksRight(page, String(dialog));
  for (const key of [...Array.from({ length: 9 }, () => "Tab"), "Shift+Tab"]) {
    await page.keyboard.press(key);
    if ((await dialog.locator(":focus").count()) === 0)
      assert.fail(`${key} leaves the dialog for ${await nameOfFocused(page)}`);
  }
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await hasFocus(opener);
};

/** Opens the file chooser that a key on the target opens, and takes a file in it. */
export const chooseFile = async (target: Locator, path: string, key = "Enter"): Promise<void> => {
  const page = target.page();
  await tabTo(target);
  const opening = page.waitForEvent("filechooser");
  // The page begins to report choosers as soon as its thread is free, but keys overtake that: one that is pressed at once
  // opens a chooser nobody hears of. What is evaluated does not overtake it.
  await page.evaluate("undefined");
  await page.keyboard.press(key);
  await (await opening).setFiles(path);
};
