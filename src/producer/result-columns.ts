/** The columns of a results file that come before those of the input. */
export const resultColumns = [
  "row",
  "status",
  "installId",
  "connectorId",
  "channelId",
  "errorCode",
  "errorMessage",
  "action",
] as const;
