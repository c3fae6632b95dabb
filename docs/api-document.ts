import { buildApiServer } from "../src/api/app.ts";
import { createLog } from "../src/log.ts";

const uncalled = (): never => {
  throw new TypeError("The API is only described here: no request reaches a route.");
};

/** The OpenAPI document of the API with every route, as `GET /openapi.json` answers it; needs neither Redis nor a port. */
export const apiDocument = async (): Promise<unknown> => {
  const server = await buildApiServer({
    version: "0.0.0",
    keys: [],
    seal: { sealText: uncalled, openText: uncalled },
    sandboxUrl: undefined,
    host: "127.0.0.1",
    redis: "",
    endedSessions: { end: uncalled, isEnded: uncalled },
    requestsPerSecond: 0,
    allowsHttp: false,
    log: createLog({ level: "silent", role: "docs" }),
    exposeMetrics: uncalled,
    producer: { enqueue: uncalled, enqueueSignup: uncalled, forecastRows: uncalled, waitFor: uncalled },
    importRows: uncalled,
    installs: {
      find: uncalled,
      findMany: uncalled,
      findWithTimeline: uncalled,
      list: uncalled,
      lookUp: uncalled,
      timeline: uncalled,
    },
    actions: { retry: uncalled, cancel: uncalled },
    uninstall: uncalled,
    sendTestMessage: uncalled,
    batches: {
      find: uncalled,
      list: uncalled,
      isWithin: uncalled,
      rows: uncalled,
      readRows: uncalled,
      linesOf: uncalled,
      failures: uncalled,
      failureCounts: uncalled,
      faultCounts: uncalled,
      samples: uncalled,
      walkRows: uncalled,
      withInput: uncalled,
      inputFile: uncalled,
    },
    batchActions: { pause: uncalled, resume: uncalled, cancel: uncalled, retry: uncalled },
    findTrace: uncalled,
    manyActions: { retry: uncalled, cancel: uncalled },
    findWorkspace: uncalled,
    listWorkspaces: uncalled,
    prepareWorkspace: uncalled,
    changeAccessKey: uncalled,
    resumeWorkspace: uncalled,
    unmatchedEvents: { list: uncalled },
    unreadableEvents: { list: uncalled },
    listRefused: uncalled,
    runDoctor: uncalled,
    readStats: uncalled,
    notifications: { list: uncalled, find: uncalled, findDetail: uncalled, resend: uncalled },
    links: { find: uncalled, list: uncalled, revoke: uncalled },
    readCounted: uncalled,
    resendMany: uncalled,
    sendTestEvent: uncalled,
    notifyUrl: undefined,
    makeLink: uncalled,
    ready: uncalled,
    checkShards: uncalled,
  });
  try {
    return (await server.inject("/openapi.json")).json();
  } finally {
    await server.close();
  }
};
