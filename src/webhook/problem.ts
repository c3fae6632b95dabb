import type { FastifyReply } from "fastify";

/** Answers with RFC 9457 problem details. */
export const sendProblem = (
  reply: FastifyReply,
  problem: {
    readonly status: number;
    readonly code: string;
    readonly title: string;
    readonly detail: string;
  },
): FastifyReply =>
  reply
    .code(problem.status)
    .type("application/problem+json")
    .send(JSON.stringify({ type: "about:blank", ...problem }));
