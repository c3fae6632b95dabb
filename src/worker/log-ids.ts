import type { InstallData } from "../queue/install-data.ts";

/** What a line about an install is found by. The same names in every line. */
export const logIds = (installId: string | undefined, data: InstallData) => ({
  installId,
  batchId: data.batchId,
  row: data.row,
  workspaceId: data.request.workspaceId,
  connectorId: data.connectorId,
});
