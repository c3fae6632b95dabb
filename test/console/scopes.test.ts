import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import type { Page } from "playwright-core";
import { z } from "zod";
import { batchSchema } from "../../src/install/batch.ts";
import { createApiClient } from "../support/api-client.ts";
import { installRequest, workspaceId } from "../support/request.ts";
import { until } from "../support/until.ts";
import { csvOf, numberedRequest } from "../support/upload.ts";
import { announce } from "./announce.ts";
import { goTo, skipped } from "./browser.ts";
import { withConsole } from "./console-fixture.ts";
import { withReceiver } from "./receiver.ts";
import { refusals as expects, keys, signInAs } from "./sign-in.ts";

const options = { skip: skipped };

/** Every route by which the console changes something, and the keys of `sign-in.ts` that may not. */
const writes = [
  ["POST /v1/installs/retry", ["reader"]],
  ["POST /v1/installs/cancel", ["reader"]],
  ["POST /v1/installs/{id}/retry", ["reader"]],
  ["POST /v1/installs/{id}/cancel", ["reader"]],
  ["POST /v1/installs/{id}/test-message", ["reader"]],
  ["DELETE /v1/installs/{id}/connector", ["reader", "writer"]],
  ["POST /v1/batches", ["reader"]],
  ["POST /v1/batches/{id}/pause", ["reader"]],
  ["POST /v1/batches/{id}/resume", ["reader"]],
  ["POST /v1/batches/{id}/cancel", ["reader"]],
  ["POST /v1/batches/{id}/retry", ["reader"]],
  ["POST /v1/workspaces/{id}/prepare", ["reader", "writer"]],
  ["POST /v1/workspaces/{id}/resume", ["reader", "writer"]],
  ["PUT /v1/workspaces/{id}/access-key", ["reader", "writer"]],
  ["DELETE /v1/workspaces/{id}/access-key", ["reader", "writer"]],
  ["POST /v1/notifications/{id}/resend", ["reader", "writer"]],
  ["POST /v1/notifications/resend", ["reader", "writer"]],
  ["POST /v1/notifications/test", ["reader"]],
  ["POST /v1/connect-links", ["reader"]],
  ["DELETE /v1/connect-links/{id}", ["reader"]],
] as const;

const sourceDir = join(import.meta.dirname, "../../console/src");

/** The routes that the source of the console changes something by; everybody may begin and end a session. */
const writesOfSource = async (): Promise<readonly string[]> => {
  const names = await readdir(sourceDir, { recursive: true });
  const sources = await Promise.all(
    names.filter((name) => /\.tsx?$/.test(name)).map((name) => readFile(join(sourceDir, name), "utf8")),
  );
  const calls = sources.join("\n").matchAll(/api\s*\.(POST|PUT|PATCH|DELETE)\(\s*"([^"]+)"/g);
  const routes = [...calls].map(([, method, path]) => `${method} ${path}`);
  return [...new Set(routes)].filter((route) => !route.endsWith(" /v1/session")).sort();
};

test("each route by which the console changes something is among those that are tried here", async () => {
  assert.deepEqual(await writesOfSource(), writes.map(([route]) => route).toSorted());
});

/** What is pressed to look at something, and changes nothing. */
const looking =
  /^(Keys|Sign out|Copy.*|Clear the search|Any .*|Created .*|Stuck or not|Held or not|Matched no install|Given up|Show rows.*|Export|Requests of .*)$/;

const ulid = "01M8K2ZEVP0X2NZT5ES65W9MSP";
const operator = (url: string) => createApiClient(url, "operator-key");
const roleOf = (role: string) => z.enum(["button", "checkbox", "link"]).parse(role);
type Opened = Parameters<Parameters<typeof withConsole>[1]>[0];

interface Made {
  readonly failed: string;
  readonly live: string;
  readonly waiting: string;
  readonly ended: string;
  readonly running: string;
}

/** Each screen, what is there once it was read, and what a key that may do everything presses on it. */
const screensOf = (made: Made): readonly (readonly [string, string, readonly string[]])[] => [
  ["/", "Ended in 24 hours", []],
  ["/installs", "+14155550101", ["checkbox Select all shown"]],
  [`/installs/${made.failed}`, "Bird refused the data of the request.", ["button Retry"]],
  [`/installs/${made.waiting}`, "Queued", ["button Cancel"]],
  [`/installs/${made.live}`, "The number is live", ["button Send a test message", "button Uninstall"]],
  ["/batches", "ended", ["link Import a file"]],
  [`/batches/${made.ended}`, "Failures by cause", ["button Retry these…", "button Retry all…"]],
  [`/batches/${made.running}`, "0 of 1 row ended", ["button Pause", "button Cancel…"]],
  ["/import", "Import", ["button Choose a file"]],
  ["/workspaces", "queued", [`button Actions for workspace ${workspaceId}`]],
  ["/connect", "No links yet", ["button Make a link"]],
  ["/events", "Every event found its install", []],
  [
    "/notifications?status=failed",
    "Given up",
    ["button Send all given up again", "button Send again: install.completed of one"],
  ],
  ["/setup", "Send the first number", ["button Run again"]],
];

const readNames = `[...document.querySelectorAll("button, [role=button], [role=checkbox], [role=switch], input, select, textarea")]
  .filter((element) => element.checkVisibility() && element.type !== "search" && element.closest("[aria-hidden=true]") === null)
  .map((element) => element.getAttribute("aria-label") ?? (element.textContent.trim() || element.type))`;

/** Names of all that can be pressed, ticked or filled on the page, but for the search. */
const pressable = async (page: Page): Promise<readonly string[]> =>
  z.array(z.string()).parse(await page.evaluate(readNames));

const make = async ({ producer, url, startAnotherWorker }: Opened): Promise<Made> => {
  const upload = async (name: string, n: number): Promise<string> => {
    const { text } = await operator(url)(`/v1/batches?name=${name}`, {
      text: csvOf([numberedRequest(n)]),
      headers: { "content-type": "text/csv" },
    });
    return batchSchema.parse(JSON.parse(text)).id;
  };
  const worker = await startAnotherWorker();
  const { install: live } = await producer.enqueue(installRequest(1));
  const { install: failed } = await producer.enqueue(installRequest(2));
  const ended = await upload("ended", 3);
  for (const { id } of [live, failed]) await producer.waitFor(id);
  await until("the batch has ended", async () => (await producer.batches.find(ended))?.failed === 1);
  await worker.close();
  const { install: waiting } = await producer.enqueue(installRequest(4));
  const running = await upload("running", 5);
  return { live: live.id, failed: failed.id, waiting: waiting.id, ended, running };
};

const refused = {
  faults: [installRequest(2), numberedRequest(3)].map(({ phoneNumber }) => ({
    phoneNumber,
    fault: { kind: "status" as const, status: 422 as const },
  })),
};

test("a key without write sees every screen, and on none what changes something", options, () =>
  withConsole({ startsPaused: true, sandbox: refused, api: { keys } }, async (stack) =>
    withReceiver(async (receiver) => {
      receiver.status = 500;
      const made = await make(stack);
      await using _ = await announce(stack, receiver.url, ["one"]);
      const walk = (key: string, look: (page: Page, offered: readonly string[]) => Promise<void>) =>
        stack.see(
          "/setup",
          async (page) => {
            await signInAs(page, key);
            for (const [path, ready, offered] of screensOf(made)) {
              await goTo(page, path);
              await page.locator("main").getByText(ready).first().waitFor();
              await look(page, offered);
            }
          },
          { expects },
        );
      await walk("operator-key", async (page, offered) => {
        for (const control of offered) {
          const [role = "", ...words] = control.split(" ");
          const name = words.join(" ");
          await page.locator("main").getByRole(roleOf(role), { name, exact: true }).first().waitFor();
        }
      });
      await walk("reader-key", async (page) => {
        const others = (await pressable(page)).filter((name) => !looking.test(name));
        assert.deepEqual(others, [], page.url());
        assert.equal(await page.locator("a[href='/import']").count(), 0, page.url());
      });
    }),
  ),
);

/** What the screens of a new Perch say to a key that may only look. */
const emptyToReader = [
  ["/", "No install in the last two days", "A key with the scope write makes some"],
  ["/installs", "No installs yet", "A key with the scope write makes some"],
  ["/batches", "No batches yet", "A key with the scope write sends some"],
  ["/import", "Your key may not import", "Ask for one with the scope write"],
  ["/workspaces", "No workspaces yet", "A key with the scope write makes some"],
  ["/connect", "No links yet", "A key with the scope write makes some"],
  ["/connect?status=open", "No link has this status", "Another status may show some"],
  ["/events", "Every event found its install", "An event stands here when"],
  ["/notifications", "No notifications yet", "Perch tells a service"],
  ["/notifications?status=failed", "None was given up", "Every receiver has answered"],
] as const;

test("an empty screen offers a key without write nothing that it may not do", options, () =>
  withConsole({ startsPaused: true, api: { keys } }, async ({ see }) => {
    await see(
      "/setup",
      async (page) => {
        await signInAs(page, "reader-key");
        for (const [path, title, sentence] of emptyToReader) {
          await goTo(page, path);
          const state = page.locator(".state").filter({ has: page.getByRole("heading", { name: title }) });
          await state.getByText(sentence).waitFor();
          const text = (await state.textContent()) ?? "";
          assert.doesNotMatch(text, /POST|PUT|DELETE|perch \w+|here, with|Import (a|one)|says what/, path);
        }
      },
      { expects },
    );
  }),
);

/** Sends each write as the page itself does: with its cookie, its origin and its header. Resolves with the statuses. */
const sendAll = `Promise.all(routes.map(async ([method, path]) => {
  const { status } = await fetch(path, {
    method,
    headers: { "Perch-Console": "1", "Content-Type": "application/json" },
    ...(method !== "DELETE" && { body: "{}" }),
  });
  return method + " " + path + " " + status;
}))`;

test("a write that a key may not do is refused to its page, whatever it writes", options, () =>
  withConsole({ startsPaused: true, api: { keys } }, async ({ see }) => {
    for (const key of ["reader", "writer"] as const)
      await see(
        "/setup",
        async (page) => {
          await signInAs(page, `${key}-key`);
          const routes = writes
            .filter(([, without]) => without.some((name) => name === key))
            .map(([route]) =>
              route.replace("{id}", route.includes("workspaces") ? workspaceId : ulid).split(" "),
            );
          const answers = await page.evaluate(`(async (routes) => ${sendAll})(${JSON.stringify(routes)})`);
          assert.deepEqual(
            answers,
            routes.map(([method, path]) => `${method} ${path} 403`),
          );
        },
        { expects },
      );
  }),
);
