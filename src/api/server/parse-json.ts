import type { FastifyInstance } from "fastify";
import { ProblemError } from "../../http/problem.ts";

/** Reads JSON bodies; an empty one is no body, whatever its content type says. */
export const parseJson = (server: FastifyInstance): void => {
  server.removeAllContentTypeParsers();
  const parse = server.getDefaultJsonParser("error", "error");
  server.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body.length === 0) return done(null, undefined);
    return parse(request, body.toString(), (error, value) => {
      if (error === null) return done(null, value);
      // What the parser says is left out: it quotes the body.
      const detail = "The body is not JSON: check its commas, quotes and brackets.";
      return done(new ProblemError({ status: 400, code: "invalid_json", detail }));
    });
  });
};
