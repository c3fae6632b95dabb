import type { FastifyInstance } from "fastify";
import { addBuiltPage, isPageBuilt } from "../http/built-page.ts";

/** The page's files, and what it may load. */
export interface Page {
  /** Folder of the built page: `index.html`, `connect.js` and `assets/`. Undefined: there is none. */
  readonly dir: string | undefined;
  readonly sdkUrl: string;
  readonly logoUrl: string | undefined;
  /** Origins of Meta's window, which the SDK opens and frames. */
  readonly metaOrigins: readonly string[];
}

const index = "index.html";

/** Files of this origin and Meta's SDK; no inline script, in no frame, and no address is given to other sites. */
const pageCsp = ({ sdkUrl, logoUrl, metaOrigins }: Page): string => {
  const sdk = new URL(sdkUrl).origin;
  const meta = metaOrigins.join(" ");
  const logo = logoUrl === undefined ? "" : ` ${new URL(logoUrl).origin}`;
  return [
    "default-src 'none'",
    `script-src 'self' ${sdk}`,
    "style-src 'self'",
    "font-src 'self'",
    `img-src 'self' data:${logo}`,
    `connect-src 'self' ${sdk} ${meta}`,
    `frame-src ${meta}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
};

/** Serves the page at the address of every link; which link it is for, the page knows from its own address. */
export const addPages = async (server: FastifyInstance, page: Page): Promise<void> => {
  const { dir } = page;
  if (dir === undefined || !isPageBuilt({ dir, page: index })) {
    server.get("/c/:id", (_request, reply) =>
      reply.code(503).type("text/plain; charset=utf-8").send(unbuilt),
    );
    return;
  }
  const headers = { csp: pageCsp(page), cacheControl: "no-store" };
  const sendPage = await addBuiltPage(server, { dir, page: index }, {}, headers);
  server.get("/c/:id", (_request, reply) => sendPage(reply));
  server.get("/connect.js", (_request, reply) =>
    reply
      .headers({ "cross-origin-resource-policy": "cross-origin", "cache-control": "public, max-age=300" })
      .sendFile("connect.js", { cacheControl: false }),
  );
};

const unbuilt = "The page of this service is not built: npm run build:connect builds it.\n";
