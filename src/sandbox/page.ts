import type { FastifyInstance } from "fastify";
import { addBuiltPage, isPageBuilt } from "../http/built-page.ts";

const page = "sandbox.html";

/** Serves the sandbox's page at `/`, where it is built: what was asked for and made, and a form for faults. */
export const addPage = (app: FastifyInstance, { dir }: { readonly dir: string }): void => {
  if (!isPageBuilt({ dir, page })) return;
  const options = { config: { isPage: true } };
  app.register(async (own) => {
    const sendPage = await addBuiltPage(own, { dir, page }, options);
    own.get("/", options, (_request, reply) => sendPage(reply));
  });
};
