import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";

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
  // Pages of made-up https sites load what a service on this machine serves.
  "--disable-features=LocalNetworkAccessChecks",
];

const isMissing = !existsSync(executablePath);
if (isMissing && process.env.TEST_REQUIRES_BROWSER === "1")
  throw new Error(`There is no browser at ${executablePath}: install chromium, or name one in CHROMIUM.`);

/** Why tests in a browser are skipped; false: there is one. */
export const skipped: string | false =
  isMissing &&
  `no browser: apt-get install chromium, or name one in CHROMIUM (${executablePath} is not there)`;

let browser: Promise<Browser> | undefined;

export const closeBrowser = async (): Promise<void> => {
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

/** Opens a page in a context of its own, and fails when it reports an error or breaks its policy. */
export const withPage = async (
  url: string,
  view: View,
  use: (page: Page) => Promise<void>,
): Promise<void> => {
  browser ??= chromium.launch({ executablePath, args: flags });
  const context = await (await browser).newContext({
    baseURL: url,
    colorScheme: view.scheme ?? "light",
    reducedMotion: "reduce",
    viewport: { width: view.width ?? 1280, height: 800 },
    ...(view.locale !== undefined && { locale: view.locale }),
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const reported: string[] = [];
  try {
    await context.addInitScript(reportViolations);
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) reported.push(message.text());
    });
    page.on("pageerror", (error) => reported.push(String(error)));
    await use(page).catch((error: unknown) => {
      throw reported.length === 0
        ? error
        : new Error(`The page reported:\n${reported.join("\n")}`, { cause: error });
    });
  } finally {
    await context.close();
  }
  const unexpected = reported.filter((text) => view.expects?.test(text) !== true);
  if (unexpected.length > 0) throw new Error(`The page reported:\n${unexpected.join("\n")}`);
};
