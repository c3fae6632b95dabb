import fastify, { type FastifyInstance } from "fastify";

interface AdminDeps {
  readonly expose: () => Promise<{ readonly contentType: string; readonly text: string }>;
  /** Why the process cannot do its work now, in a word; undefined when it can. */
  readonly obstacle: () => Promise<string | undefined>;
}

interface Admin {
  /** Where it listens. */
  readonly url: string;
  close(): Promise<void>;
}

/** What a process without an API of its own shows to those who run it. Builds, never listens. */
export const buildAdminServer = ({ expose, obstacle }: AdminDeps): FastifyInstance => {
  const server = fastify({ logger: false, requestTimeout: 15_000, bodyLimit: 1024 });
  server.get("/healthz", () => ({ status: "ok" }));
  server.get("/readyz", async (_request, reply) => {
    const reason = await obstacle();
    return reason === undefined ? { status: "ok" } : reply.code(503).send({ status: "unavailable", reason });
  });
  server.get("/metrics", async (_request, reply) => {
    const { contentType, text } = await expose();
    return reply.type(contentType).send(text);
  });
  return server;
};

/** Listens until it is closed. Has no authentication: anyone who reaches the port can read. @param deps.port 0: any free one. */
export const startAdmin = async (
  deps: AdminDeps & { readonly host: string; readonly port: number },
): Promise<Admin> => {
  const server = buildAdminServer(deps);
  const url = await server.listen({ host: deps.host, port: deps.port });
  return { url, close: () => server.close() };
};
