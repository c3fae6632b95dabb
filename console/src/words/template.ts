/** An install request as an example, its members in the order of a file's columns. */
export const exampleRequest = {
  workspaceId: "WORKSPACE-UUID",
  name: "Harbor Coffee Oakland",
  wabaId: "102290129340310",
  phoneId: "106540352242137",
  phoneNumber: "+14155550101",
  accessToken: "ACCESS-TOKEN-OF-META",
} as const;

/** A file to begin with: the columns that are known at once, and a row as an example. */
export const templateCsv = `${Object.keys(exampleRequest).join(",")}\n${Object.values(exampleRequest).join(",")}\n`;
