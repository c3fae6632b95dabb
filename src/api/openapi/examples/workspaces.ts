import { exampleIds, exampleTimes } from "./ids.ts";

const { workspaceId } = exampleIds;
const { createdAt, completedAt } = exampleTimes;

const hold = {
  reason: "unauthorized",
  until: "2026-11-29T07:33:12.000Z",
  since: "2026-11-29T07:23:12.000Z",
} as const;

const workspace = {
  workspaceId,
  hold,
  subscription: {
    status: "present",
    checkedAt: createdAt,
    url: `https://perch.example.com/webhooks/bird/${workspaceId}`,
  },
  installs: 2,
  heldInstalls: 1,
  newestByStatus: {
    queued: 0,
    submitting: 0,
    awaiting_channel: 0,
    retrying: 0,
    held: 1,
    completed: 1,
    failed: 0,
    cancelled: 0,
  },
  hasOwnAccessKey: false,
  lastEventAt: completedAt,
  budgetAheadMs: 0,
} as const;

export const workspaceAnswers = {
  "getWorkspace 200": workspace,
  "listWorkspaces 200": { items: [workspace], isComplete: true },
  "prepareWorkspace 200": {
    workspaceId,
    status: "created",
    url: `https://perch.example.com/webhooks/bird/${workspaceId}`,
  },
  "storeAccessKey 200": { workspaceId, accessKey: "stored", woken: 1 },
  "removeAccessKey 200": { workspaceId, accessKey: "removed" },
  "resumeWorkspace 200": { workspaceId, lifted: hold, woken: 1 },
} as const;
