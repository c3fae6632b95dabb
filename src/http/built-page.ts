import { existsSync } from "node:fs";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply, RouteShorthandOptions } from "fastify";

/** Only files of this origin, no inline script or style, in no frame. */
const ownFilesCsp =
  "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/** Files under /assets have a hash of their content in their names. */
const assetMaxAge = "365d";

/** Sends a page. */
export type SendPage = (reply: FastifyReply) => FastifyReply;

/** Whether the folder holds this page, built. */
export const isPageBuilt = ({ dir, page }: BuiltPage): boolean => existsSync(join(dir, page));

/** A page that Vite built. */
export interface BuiltPage {
  /** Folder of the page; what it loads is in its `assets`. */
  readonly dir: string;
  /** Name of its file. */
  readonly page: string;
}

/** How a page is sent. */
interface PageHeaders {
  /** Default: files of its own origin only. */
  readonly csp?: string;
  /** Default: a browser asks whether it has changed. */
  readonly cacheControl?: string;
}

/** Serves what the built pages of a folder load. @param options Of the route of their files. @returns what sends one of them. */
export const addBuiltPage = async (
  server: FastifyInstance,
  { dir, page }: BuiltPage,
  options: RouteShorthandOptions = {},
  { csp = ownFilesCsp, cacheControl = "no-cache" }: PageHeaders = {},
): Promise<SendPage> => {
  await server.register(fastifyStatic, { root: dir, serve: false, preCompressed: true });
  server.get<{ Params: { file: string } }>("/assets/:file", options, ({ params }, reply) =>
    reply.sendFile(`assets/${params.file}`, { maxAge: assetMaxAge, immutable: true }),
  );
  return (reply) =>
    reply
      .headers({ "content-security-policy": csp, "cache-control": cacheControl })
      .sendFile(page, { cacheControl: false });
};
