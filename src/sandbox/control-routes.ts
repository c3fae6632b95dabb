import type { FastifyInstance } from "fastify";
import { foreignness } from "../http/guard-local.ts";
import { InputError } from "../install/errors/input-error.ts";
import type { FaultInjector } from "./faults/injector.ts";
import { type Answer, errorAnswer, sendAnswer } from "./http/answer.ts";
import type { MetaObjects } from "./meta/objects.ts";
import type { SignupPreset } from "./meta/signup-routes.ts";
import type { SandboxReport } from "./report.ts";

/**
 * The sandbox's own routes: its fault rules, what its Meta knows, how its signup windows end, and its report. They need no access key and answer callers on the
 * same machine only, guarded from web pages as the API without keys is.
 */
export const addControlRoutes = (
  app: FastifyInstance,
  deps: {
    readonly faults: FaultInjector;
    readonly objects: MetaObjects;
    readonly signup: SignupPreset;
    readonly report: () => SandboxReport;
    readonly reset: () => void;
  },
): void => {
  const { faults, objects, signup, report, reset } = deps;

  app.addHook("onRequest", (request, reply, done) => {
    if (isLoopback(request.ip) && foreignness(request) === undefined) done();
    else sendAnswer(reply, errorAnswer(403));
  });
  app.get("/sandbox/faults", (_request, reply) => sendAnswer(reply, { status: 200, body: faults.rules() }));
  app.put("/sandbox/faults", (request, reply) =>
    sendAnswer(
      reply,
      taken(() => {
        faults.replace(request.body);
        return faults.rules();
      }),
    ),
  );
  app.delete("/sandbox/faults", (_request, reply) => {
    faults.replace([]);
    sendAnswer(reply, { status: 204 });
  });
  app.get("/sandbox/meta", (_request, reply) => sendAnswer(reply, { status: 200, body: objects.all() }));
  for (const [method, take] of [
    ["PUT", objects.replace],
    ["POST", objects.add],
  ] as const)
    app.route({
      method,
      url: "/sandbox/meta",
      handler: (request, reply) =>
        sendAnswer(
          reply,
          taken(() => {
            take(request.body);
            return objects.all();
          }),
        ),
    });
  app.delete("/sandbox/meta", (_request, reply) => {
    objects.clear();
    sendAnswer(reply, { status: 204 });
  });
  app.get("/sandbox/signup", (_request, reply) =>
    sendAnswer(reply, { status: 200, body: signup.get() ?? {} }),
  );
  app.put("/sandbox/signup", (request, reply) =>
    sendAnswer(
      reply,
      taken(() => {
        signup.set(request.body);
        return signup.get();
      }),
    ),
  );
  app.delete("/sandbox/signup", (_request, reply) => {
    signup.clear();
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

const taken = (take: () => unknown): Answer => {
  try {
    return { status: 200, body: take() };
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
