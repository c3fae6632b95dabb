import { randomBytes, randomUUID } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { addChannelRoutes, createChannelOperations } from "./bird/channels.ts";
import { addConnectorRoutes, createConnectorOperations } from "./bird/connectors.ts";
import { addMessageRoutes, createMessageOperations } from "./bird/messages.ts";
import { createResponder } from "./bird/responder.ts";
import { addSubscriptionRoutes, createSubscriptionOperations } from "./bird/subscriptions.ts";
import { createBirdServer } from "./bird-server.ts";
import { addControlRoutes } from "./control-routes.ts";
import { createEventPost } from "./events/post.ts";
import { createEventSender } from "./events/sender.ts";
import { createFaultInjector } from "./faults/injector.ts";
import type { FaultRule } from "./faults/rule.ts";
import { seededChance } from "./faults/seeded-chance.ts";
import { createTimers } from "./faults/timers.ts";
import { metaReads, sendAnswer } from "./http/answer.ts";
import { createAuthorize, createRateLimit } from "./http/authorize.ts";
import { createRequestCounts } from "./http/request-counts.ts";
import { accountUsage, appUsage, createGraphOperations } from "./meta/graph.ts";
import { addGraphRoutes } from "./meta/graph-routes.ts";
import { metaFaultAnswer } from "./meta/meta-error-answer.ts";
import { createMetaObjects, type MetaObjectsInput } from "./meta/objects.ts";
import type { SignupChoice } from "./meta/signup-endings.ts";
import { addSignupRoutes, createSignupPreset } from "./meta/signup-routes.ts";
import { addMetaRoutes, createMetaExchange, type MetaApp } from "./meta.ts";
import type { SandboxOptions } from "./options.ts";
import { addPage } from "./page.ts";
import { type SandboxReport, sandboxReport } from "./report.ts";
import { createInstaller } from "./state/installer.ts";
import { createStore } from "./state/store.ts";
import { createSubscriber } from "./subscriber.ts";

/** A sandbox that does not listen yet. Closing `app` stops its timers and its sending. */
interface BuiltSandbox {
  readonly app: FastifyInstance;
  readonly accessKey: string;
  readonly organizationId: string;
  readonly metaApp: MetaApp;
  readonly setMetaObjects: (objects: MetaObjectsInput) => void;
  readonly addMetaObjects: (objects: MetaObjectsInput) => void;
  readonly setSignup: (choice: SignupChoice | undefined) => void;
  readonly setFaults: (rules: readonly FaultRule[]) => void;
  readonly report: () => SandboxReport;
  readonly reset: () => void;
}

/** 7.7 hours in all; Bird documents 8. */
const eventRepeatMsDefault = [1, 5, 30, 120, 600, 1800, 3600, 7200, 14_400].map((seconds) => seconds * 1000);

/** Builds the sandbox. @throws {InputError} when a rule of `faults` breaks the schema. */
export const buildSandbox = (options: SandboxOptions): BuiltSandbox => {
  const { accessKey = randomUUID(), organizationId = randomUUID() } = options;
  const { metaAppId = "123456789012345", metaAppSecret = randomBytes(16).toString("hex") } = options;
  const metaApp = { appId: metaAppId, appSecret: metaAppSecret };
  const { now = Date.now, newId = randomUUID, log = () => {} } = options;
  const { eventsInFlightMax: inFlightMax = 64, eventTimeoutMs: timeoutMs = 5000 } = options;
  const { eventRepeatMs = eventRepeatMsDefault, channelDelayMs = 300, conflictOn = "none" } = options;

  const faults = createFaultInjector({ random: options.random ?? seededChance(options.seed ?? 1) });
  faults.replace(options.faults ?? []);
  const subscriber = createSubscriber({ organizationId, subscribeAll: options.subscribeAll, now, newId });
  const store = createStore(subscriber);
  const timers = createTimers();
  const counts = createRequestCounts();
  const events = createEventPost({ connectionsMax: inFlightMax, timeoutMs });
  const sender = createEventSender({
    post: events.post,
    timers,
    eventRepeatMs,
    inFlightMax,
    now,
    newId,
    log,
  });
  const installer = createInstaller({ store, sender, timers, channelDelayMs, now, newId });
  const meta = createMetaExchange(metaApp);
  const objects = createMetaObjects();
  const signup = createSignupPreset();
  const callsPerHour = options.metaCallsPerHour ?? 5000;
  const graph = createGraphOperations({ app: metaApp, objects, callsPerHour, now });
  const respond = createResponder({
    ...{ faults, store, timers, counts },
    errorOf: ({ operation }, status) => (isOfMeta.has(operation) ? metaFaultAnswer(status) : undefined),
    usageOf: ({ workspaceId: objectId }, { appPercent = 0, accountPercent = 0, regainMinutes = 0 }) => ({
      ...appUsage(appPercent),
      ...accountUsage(objectId, accountPercent, regainMinutes),
    }),
  });
  const authorize = createAuthorize({
    accessKey,
    organizationId,
    reads: createRateLimit({ perSecond: options.getsPerSecond ?? 50, now }),
    writes: createRateLimit({ perSecond: options.postsPerSecond ?? 500, now }),
  });

  const report = () => sandboxReport({ store, requests: counts.all(), events: sender.counts() });
  const reset = (): void => {
    timers.clear();
    sender.clear();
    store.clear();
    meta.clear();
    graph.clear();
    objects.clear();
    signup.clear();
    counts.clear();
    faults.restart();
  };

  const app = createBirdServer({ counts, log });
  app.register((bird, _options, done) => {
    bird.addHook("onRequest", (request, reply, next) => {
      const refusal = authorize(request);
      if (refusal === undefined) next();
      else sendAnswer(reply, refusal);
    });
    const connectors = createConnectorOperations({ store, installer, conflictOn, now, newId });
    addConnectorRoutes(bird, { operations: connectors, store, faults, respond });
    addChannelRoutes(bird, { operations: createChannelOperations({ store }), store, respond });
    const messages = createMessageOperations({ store, sender, now, newId });
    addMessageRoutes(bird, { operations: messages, store, respond });
    const { subscribe } = subscriber;
    addSubscriptionRoutes(bird, { operations: createSubscriptionOperations({ store, subscribe }), respond });
    done();
  });
  addMetaRoutes(app, { exchange: meta.exchange });
  addGraphRoutes(app, { operations: graph, respond });
  if (options.pageDir !== undefined) addPage(app, { dir: options.pageDir });
  addSignupRoutes(app, {
    appId: metaAppId,
    preset: signup,
    addPhone: (phone) => objects.add({ phones: [phone] }),
    now,
  });
  app.register((control, _options, done) => {
    addControlRoutes(control, { faults, objects, signup, report, reset });
    done();
  });
  app.addHook("onClose", async () => {
    timers.close();
    sender.clear();
    await events.close();
  });
  return {
    ...{ app, accessKey, organizationId, metaApp, report, reset },
    setMetaObjects: objects.replace,
    addMetaObjects: objects.add,
    setSignup: (choice) => (choice === undefined ? signup.clear() : signup.set(choice)),
    setFaults: faults.replace,
  };
};

const isOfMeta = new Set<string>(metaReads);
