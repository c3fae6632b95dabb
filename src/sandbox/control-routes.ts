import type { FastifyInstance } from "fastify";
import { foreignness } from "../http/guard-local.ts";
import { InputError } from "../install/input-error.ts";
import type { FaultInjector } from "./faults/injector.ts";
import { type Answer, errorAnswer, sendAnswer } from "./http/answer.ts";
import type { SandboxReport } from "./report.ts";

/**
 * The sandbox's own routes: its fault rules and its report. They need no access key and answer callers on the
 * same machine only, guarded from web pages as the API without keys is.
 */
export const addControlRoutes = (
  app: FastifyInstance,
  deps: {
    readonly faults: FaultInjector;
    readonly report: () => SandboxReport;
    readonly reset: () => void;
  },
): void => {
  const { faults, report, reset } = deps;

  app.addHook("onRequest", (request, reply, done) => {
    if (isLoopback(request.ip) && foreignness(request) === undefined) done();
    else sendAnswer(reply, errorAnswer(403));
  });
  app.get("/sandbox/faults", (_request, reply) => sendAnswer(reply, { status: 200, body: faults.rules() }));
  app.put("/sandbox/faults", (request, reply) => sendAnswer(reply, replaced(faults, request.body)));
  app.delete("/sandbox/faults", (_request, reply) => {
    faults.replace([]);
    sendAnswer(reply, { status: 204 });
  });
  app.get("/sandbox/report", (_request, reply) => sendAnswer(reply, { status: 200, body: report() }));
  app.delete("/sandbox/report", (_request, reply) => {
    reset();
    sendAnswer(reply, { status: 204 });
  });
};

/** 127.0.0.0/8 and ::1, also when IPv4 is spoken over an IPv6 socket. */
const isLoopback = (ip: string): boolean => ip === "::1" || /^(::ffff:)?127\./.test(ip);

const replaced = (faults: FaultInjector, rules: unknown): Answer => {
  try {
    faults.replace(rules);
    return { status: 200, body: faults.rules() };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const details = Object.groupBy(error.issues, ({ path }) => path);
    return errorAnswer(
      422,
      Object.fromEntries(
        Object.entries(details).map(([path, issues = []]) => [path, issues.map(({ message }) => message)]),
      ),
    );
  }
};
