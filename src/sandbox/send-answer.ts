import type { FastifyReply } from "fastify";
import type { Answer } from "./answer.ts";

/** Writes an answer. */
export const sendAnswer = (reply: FastifyReply, { status, body, html, retryAfterSeconds }: Answer): void => {
  reply.code(status);
  if (retryAfterSeconds !== undefined) reply.header("retry-after", String(retryAfterSeconds));
  if (html === undefined) reply.send(body);
  else reply.type("text/html").send(html);
};
