import type { Install } from "../../install/install.ts";

/** What a line about an install is found by, with the request that led to it. */
export const installLogIds = (
  request: { readonly id: string },
  { id, batchId, row, workspaceId, connectorId, channelId, status }: Install,
) => ({ requestId: request.id, installId: id, batchId, row, workspaceId, connectorId, channelId, status });
