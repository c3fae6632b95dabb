import { existsSync } from "node:fs";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // One process draws the pages of every test: a new one for each would cost more than the test.
  "--renderer-process-limit=1",
  "--disable-site-isolation-trials",
  // Pages of made-up https sites load what a service on this machine serves.
  `--disable-features=${[
    ...["LocalNetworkAccessChecks", "SpareRendererForSitePerProcess", "ProactivelySwapBrowsingInstance"],
    ...["RenderDocument", "IsolateOrigins", "site-per-process"],
  ].join()}`,
];

const isMissing = !existsSync(executablePath);
if (isMissing && process.env.TEST_REQUIRES_BROWSER === "1")
  throw new Error(`There is no browser at ${executablePath}: install chromium, or name one in CHROMIUM.`);

/** Why tests in a browser are skipped; false: there is one. */
export const skipped: string | false =
  isMissing &&
  `no browser: apt-get install chromium, or name one in CHROMIUM (${executablePath} is not there)`;

let browser: Promise<Browser> | undefined;

/** A page that no test uses now, and keeps nothing of the ones that did. */
interface Tab {
  readonly context: BrowserContext;
  readonly page: Page;
}

/** By the browser's language. */
const tabs = new Map<string | undefined, Tab[]>();

export const closeBrowser = async (): Promise<void> => {
  tabs.clear();
  await (await browser)?.close();
  browser = undefined;
};

export interface View {
  readonly scheme?: "light" | "dark";
  readonly width?: number;
  /** The browser's language. */
  readonly locale?: string;
  /** Problems of the page that the test causes on purpose. */
  readonly expects?: RegExp;
}

/** Every violation of the page's policy becomes an error of its console. */
const reportViolations = `document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
  console.error("CSP", violatedDirective, blockedURI));`;

const openTab = async (locale: string | undefined): Promise<Tab> => {
  browser ??= chromium.launch({ executablePath, args: flags });
  const context = await (await browser).newContext({
    ...(locale !== undefined && { locale }),
    permissions: ["clipboard-read", "clipboard-write"],
  });
  await context.addInitScript(reportViolations);
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  return { context, page };
};

/** Makes a tab as good as new: without what it listens to, replaces, shows and stores. */
const empty = async ({ context, page }: Tab): Promise<void> => {
  // Whatever the page reported before this answer has been heard.
  await page.evaluate("localStorage.clear(); sessionStorage.clear()").catch(() => undefined);
  for (const emitter of [context, page]) emitter.removeAllListeners();
  await page.unrouteAll({ behavior: "ignoreErrors" });
  await Promise.all(context.pages().map((each) => each !== page && each.close()));
  await page.goto("about:blank");
  await context.clearCookies();
};

/** Lends a page that knows nothing of other tests, and fails when it reports an error or breaks its policy. */
export const withPage = async (view: View, use: (page: Page) => Promise<void>): Promise<void> => {
  const { scheme = "light", width = 1280, locale, expects } = view;
  const unused = tabs.get(locale) ?? [];
  tabs.set(locale, unused);
  const tab = unused.pop() ?? (await openTab(locale));
  const { page } = tab;
  await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
  await page.setViewportSize({ width, height: 800 });
  const reported: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) reported.push(message.text());
  });
  page.on("pageerror", (error) => reported.push(String(error)));
  try {
    await use(page).catch((error: unknown) => {
      throw reported.length === 0
        ? error
        : new Error(`The page reported:\n${reported.join("\n")}`, { cause: error });
    });
  } finally {
    await empty(tab).then(
      () => unused.push(tab),
      () => tab.context.close(),
    );
  }
  const unexpected = reported.filter((text) => expects?.test(text) !== true);
  if (unexpected.length > 0) throw new Error(`The page reported:\n${unexpected.join("\n")}`);
};

/** Opens another address of the site that the page shows. */
export const goTo = async (page: Page, path: string): Promise<void> => {
  await page.goto(new URL(path, page.url()).href);
};
