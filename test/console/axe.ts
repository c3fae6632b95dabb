import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { z } from "zod";

const source = await readFile(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

const resultSchema = z.object({
  violations: z.array(
    z.object({ id: z.string(), nodes: z.array(z.object({ html: z.string(), failureSummary: z.string() })) }),
  ),
});

const rules = {
  all: {},
  colours: { runOnly: { type: "rule", values: ["color-contrast", "link-in-text-block"] } },
} as const;

/** All but what React Aria has read out for seconds after a press: it names what was pressed, which may be gone. */
const checked = JSON.stringify({ exclude: ["[data-live-announcer]"] });

/** What axe finds wrong with the page as it is now, one line a rule and element. */
export const violations = async (
  page: Page,
  against: keyof typeof rules = "all",
): Promise<readonly string[]> => {
  if (!(await page.evaluate("'axe' in window"))) await page.evaluate(source);
  const options = JSON.stringify({ resultTypes: ["violations"], ...rules[against] });
  const found = resultSchema.parse(await page.evaluate(`axe.run(${checked}, ${options})`));
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  );
};

/** Fails where axe finds something wrong with a dialog that is open, wide and narrow, light and dark. */
export const dialogLooksRight = async (page: Page, dialog: string): Promise<void> => {
  const wide = page.viewportSize();
  assert.ok(wide !== null);
  for (const width of [390, wide.width]) {
    await page.setViewportSize({ ...wide, width });
    assert.deepEqual(await violations(page), [], `${dialog} ${width}`);
  }
  await page.emulateMedia({ colorScheme: "dark" });
  assert.deepEqual(await violations(page, "colours"), [], `${dialog} dark`);
  await page.emulateMedia({ colorScheme: "light" });
};
