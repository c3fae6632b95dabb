import { errorCatalogue } from "../../../install/errors/error-catalogue.ts";
import { exampleBatches } from "./batches.ts";
import { exampleIds } from "./ids.ts";
import { exampleInstalls, exampleRequest } from "./installs.ts";
import { exampleStats } from "./service.ts";

const { installId, connectorId, channelId, workspaceId } = exampleIds;

const { action } = errorCatalogue.invalid_request;

const results = [
  {
    row: 1,
    status: "completed",
    installId,
    connectorId,
    channelId,
    line: 2,
    ...exampleRequest,
    phoneNumber: "+14155550123",
  },
  {
    row: 2,
    status: "rejected",
    errorCode: "invalid_request",
    errorMessage: "phoneNumber has 3 digits after +1 where numbers have 10",
    action,
    line: 3,
    ...exampleRequest,
    phoneId: "106540352242925",
    phoneNumber: "+1 415",
  },
] as const;

/** With the byte order mark and the apostrophes that make a spreadsheet keep ids and numbers. */
const csv = `\ufeffrow,status,installId,connectorId,channelId,errorCode,errorMessage,action,birdMessage,line,workspaceId,name,wabaId,phoneId,phoneNumber
1,completed,${installId},${connectorId},${channelId},,,,,2,${workspaceId},Acme support,'102290129340398,'106540352242922,'+14155550123
2,rejected,,,,invalid_request,phoneNumber has 3 digits after +1 where numbers have 10,${action},,3,${workspaceId},Acme support,'102290129340398,'106540352242925,'+1 415
`;

/** Text that is streamed, by operation and content type; a workbook has no example. */
export const streamedExamples: Readonly<Record<string, string>> = {
  "getBatchResults application/x-ndjson": results.map((row) => `${JSON.stringify(row)}\n`).join(""),
  "getBatchResults text/csv": csv,
  "followStats text/event-stream": `retry: 3000\n\nevent: stats\ndata: ${JSON.stringify(exampleStats)}\n\n`,
  "followInstall text/event-stream": [
    "retry: 3000\n\n",
    `event: install\ndata: ${JSON.stringify(exampleInstalls.queued)}\n\n`,
    `event: ended\ndata: ${JSON.stringify(exampleInstalls.completed)}\n\n`,
  ].join(""),
  "followBatch text/event-stream": [
    "retry: 3000\n\n",
    `event: progress\ndata: ${JSON.stringify(exampleBatches.running)}\n\n`,
    `event: finished\ndata: ${JSON.stringify(exampleBatches.finished)}\n\n`,
  ].join(""),
  "metrics text/plain":
    "# HELP perch_redis_up 1 when Redis answered this process within a second\n# TYPE perch_redis_up gauge\nperch_redis_up 1\n",
};
