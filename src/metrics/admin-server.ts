import fastify, { type FastifyInstance } from "fastify";

export interface AdminDeps {
  readonly expose: () => Promise<{ readonly contentType: string; readonly text: string }>;
  /** Whether the process can do its work now. */
  readonly isReady: () => Promise<boolean>;
}

export interface Admin {
  /** Where it listens. */
  readonly url: string;
  close(): Promise<void>;
}

/** What a process without an API of its own shows to those who run it. Builds, never listens. */
export const buildAdminServer = ({ expose, isReady }: AdminDeps): FastifyInstance => {
  const server = fastify({ logger: false, requestTimeout: 15_000, bodyLimit: 1024 });
  server.get("/healthz", () => ({ status: "ok" }));
  server.get("/readyz", async (_request, reply) =>
    (await isReady()) ? { status: "ok" } : reply.code(503).send({ status: "unavailable" }),
  );
  server.get("/metrics", async (_request, reply) => {
    const { contentType, text } = await expose();
    return reply.type(contentType).send(text);
  });
  return server;
};

/** Listens until it is closed. It asks for no key: whoever reaches the port may read. @param deps.port 0: any free one. */
export const startAdmin = async (
  deps: AdminDeps & { readonly host: string; readonly port: number },
): Promise<Admin> => {
  const server = buildAdminServer(deps);
  const url = await server.listen({ host: deps.host, port: deps.port });
  return { url, close: () => server.close() };
};
