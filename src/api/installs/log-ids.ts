import type { Install } from "../../install/install.ts";

/** The ids in a log line about an install, with the request that caused it. */
export const installLogIds = (
  request: { readonly id: string },
  { id, batchId, row, workspaceId, connectorId, channelId, status }: Install,
) => ({ requestId: request.id, installId: id, batchId, row, workspaceId, connectorId, channelId, status });
