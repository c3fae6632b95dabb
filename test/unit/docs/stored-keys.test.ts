import assert from "node:assert/strict";
import test from "node:test";
import { createKeys, type Keys } from "../../../src/queue/keyspace/keys.ts";
import { readText } from "../../support/docs/repository.ts";

const keys = createKeys("{perch}");

/** Every kind of key, as the page writes it. A new one fails to compile here until it is given. */
const kinds = {
  prefix: keys.prefix,
  probe: keys.probe,
  job: keys.job("ID"),
  installsIn: keys.job("STATE"),
  logs: keys.logs("ID"),
  events: keys.events,
  lock: keys.lock("ID"),
  connector: keys.connector("CONNECTOR").replace("connector", "CONNECTOR"),
  arrived: keys.arrived,
  unmatchedEvent: keys.unmatchedEvent("WORKSPACE", "CONNECTOR").replace("connector", "CONNECTOR"),
  unmatched: keys.unmatched,
  unmatchedOf: keys.unmatchedOf("WORKSPACE"),
  unreadable: keys.unreadable,
  unreadableOf: keys.unreadableOf("WORKSPACE"),
  droppedEvents: keys.droppedEvents,
  refusedEvents: keys.refusedEvents("no_key").replace("no_key", "REASON"),
  lookUps: keys.lookUps("WORKSPACE"),
  claim: keys.claim("WORKSPACE", "PHONEID"),
  hold: keys.hold("WORKSPACE"),
  heldWorkspaces: keys.heldWorkspaces("unauthorized").replace("unauthorized", "REASON"),
  subscription: keys.subscription("WORKSPACE"),
  preparing: keys.preparing("WORKSPACE"),
  accessKey: keys.accessKey("WORKSPACE"),
  held: keys.held("WORKSPACE"),
  heldInstalls: keys.heldInstalls("WORKSPACE"),
  doors: keys.doors,
  budget: keys.budget("get", "WORKSPACE").replace(":get:", ":KIND:"),
  metaBudget: keys.metaBudget("bulk").replace("bulk", "USE"),
  metaPause: keys.metaPause("WABA"),
  fair: keys.fair("bulk").replace("bulk", "BAND"),
  creates: keys.creates(0, "NNN").replace(":0:", ":WINDOW:"),
  idempotency: keys.idempotency("DIGEST"),
  server: keys.server,
  sealingKeys: keys.sealingKeys,
  stats: keys.stats,
  workspaces: keys.workspaces,
  workspacesFound: keys.workspacesFound,
  lastEvents: keys.lastEvents,
  clocks: keys.clocks,
  installs: keys.installs,
  workspaceInstalls: keys.workspaceInstalls("WORKSPACE"),
  batchInstalls: keys.batchInstalls("BATCH"),
  statuses: keys.statuses,
  errorInstalls: keys.errorInstalls("CODE"),
  lookup: keys.lookup("phone", 0, "NNN").replace(":0:", ":WINDOW:"),
  batch: keys.batch("BATCH"),
  batches: keys.batches,
  openBatches: keys.openBatches,
  unnotifiedBatches: keys.unnotifiedBatches,
  batchSweep: keys.batchSweep,
  batchImport: keys.batchImport("DIGEST"),
  notificationJob: keys.notificationJob("ID"),
  endedNotifications: keys.notificationJob("STATE"),
  notifications: keys.notifications,
  pendingNotifications: keys.pendingNotifications,
  stoppedUrls: keys.stoppedUrls,
  stoppedAt: keys.stoppedAt,
  endedSessions: keys.endedSessions,
  outbox: keys.outbox,
  connectLink: keys.connectLink("LINK"),
  connectLinks: keys.connectLinks,
  connectLinksOf: keys.connectLinksOf("WORKSPACE"),
  connectOutbox: keys.connectOutbox,
  shardCount: keys.shardCount,
  shardEpoch: keys.shardEpoch,
  shardUsers: keys.shardUsers,
  placements: keys.placements("WWW"),
} satisfies Record<Exclude<keyof Keys, "shards" | "placed" | "home" | "ofInstall">, string>;

const page = readText("docs/security.md");

test("docs/security.md says of every kind of key what it holds and for how long", () => {
  const table = page.slice(page.indexOf("## What is stored where"), page.indexOf("## Erasing a number"));
  const told = [...table.matchAll(/^\| (`\{perch\}[^|]+) \|/gm)].flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`(\{perch\}[^`]*)`/g)].map(([, key = ""]) => key),
  );
  assert.ok(page.includes(`\`${kinds.prefix}\``));
  const missing = Object.values(kinds).filter((key) => key !== kinds.prefix && !told.includes(key));
  assert.deepEqual(missing, []);
  const known: ReadonlySet<string> = new Set(Object.values(kinds));
  const unknown = told.filter((key) => !known.has(key) && key !== "{perch}:channel:WINDOW:NNN");
  assert.deepEqual(unknown, []);
});
