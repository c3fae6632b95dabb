import type { FastifyInstance } from "fastify";
import { addBuiltPage, isPageBuilt, type SendPage } from "../../http/built-page.ts";
import type { Logger } from "../../log.ts";

/** First segments of the console's addresses. Each answers with the one page, which shows its screen. */
export const consoleScreens = [
  "installs",
  "batches",
  "import",
  "connect",
  "workspaces",
  "events",
  "notifications",
  "setup",
  "sign-in",
] as const;

const page = "index.html";

/** Whether the folder holds a built console. */
export const isConsoleBuilt = (dir: string): boolean => isPageBuilt({ dir, page });

/**
 * Serves the console's files and, at the addresses of its screens, its page. @returns what sends the page at `/`;
 * undefined when the console is not built.
 */
export const addConsole = async (
  server: FastifyInstance,
  { dir, log }: { readonly dir: string; readonly log: Logger },
): Promise<SendPage | undefined> => {
  if (!isConsoleBuilt(dir)) {
    log.info({ dir }, "console is not built: npm run build:console builds it");
    return undefined;
  }
  const open = { config: { scope: "open" }, schema: { hide: true } } as const;
  const sendPage = await addBuiltPage(server, { dir, page }, open);
  for (const screen of consoleScreens) {
    server.get(`/${screen}`, open, (_request, reply) => sendPage(reply));
    server.get(`/${screen}/:id`, open, (_request, reply) => sendPage(reply));
  }
  return sendPage;
};
