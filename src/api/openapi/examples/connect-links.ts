import type { z } from "zod";
import type { connectLinkSchema } from "../../../install/connect-link.ts";
import { exampleIds, exampleTimes } from "./ids.ts";

const { installId, workspaceId, connectLinkId } = exampleIds;
const { createdAt, completedAt } = exampleTimes;

const link = {
  id: connectLinkId,
  status: "open",
  workspaceId,
  name: "Acme support",
  metadata: { customer: "42" },
  requestedBy: "crm",
  createdAt,
  expiresAt: "2026-12-06T07:23:12.139Z",
  updatedAt: createdAt,
} as const satisfies z.input<typeof connectLinkSchema>;

export const connectLinkAnswers = {
  "createConnectLink 201": {
    id: connectLinkId,
    url: `https://connect.example.com/c/${connectLinkId}#kJ8vQ2mB5xR7tY1nW4cZ9dF3gH6jK0lPsA2uV5oE`,
    expiresAt: link.expiresAt,
    status: "open",
  },
  "listConnectLinks 200": { items: [link] },
  "getConnectLink 200": {
    ...link,
    status: "connected",
    installId,
    signupEvent: "FINISH",
    openedAt: createdAt,
    updatedAt: completedAt,
  },
  "revokeConnectLink 200": { ...link, status: "revoked" },
} as const;
