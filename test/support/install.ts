import type { Install } from "../../src/install/install.ts";
import type { Installs } from "../../src/queue/installs/installs.ts";
import { installRequest } from "./request.ts";

/** A completed install as callers see it. */
export const installOf = (change: Partial<Install> = {}): Install => {
  const { workspaceId, name, wabaId, phoneId, phoneNumber } = installRequest(1);
  return {
    id: "01JGFJJZ00000000000000000A",
    workspaceId,
    name,
    wabaId,
    phoneId,
    phoneNumber,
    status: "completed",
    attempts: 1,
    createdAt: "2026-01-01T00:00:00.000Z",
    updatedAt: "2026-01-01T00:00:10.000Z",
    ...change,
  };
};

/** The installs there are, as far as finding one by its id goes. */
export const installsOf = (...installs: readonly Install[]): Pick<Installs, "find"> => ({
  find: async (installId) => installs.find(({ id }) => id === installId),
});
