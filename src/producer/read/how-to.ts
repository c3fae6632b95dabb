/** How a caller follows the advice of a message about a file: by options of the command, or by the query of a request. */
export interface HowTo {
  readonly ignoreColumns: string;
  /** Follows "if …": the part of a sentence. */
  readonly encoding: (name: string) => string;
  readonly map: string;
  readonly sheet: string;
  /** How a column is given for all rows. */
  readonly fill: (member: string) => string;
  readonly workbook: string;
}

export const howToInCommand: HowTo = {
  ignoreColumns: "pass --ignore-unknown-columns",
  encoding: (name) => `pass --encoding ${name}`,
  map: '--map "Their column=ours"',
  sheet: "--sheet",
  fill: (member) => {
    if (member === "accessToken") return "--access-token-file";
    return member === "workspaceId" ? "--workspace" : `--set ${member}=…`;
  },
  workbook: "give it the ending .xlsx",
};

export const howToInQuery: HowTo = {
  ignoreColumns: "send ignoreUnknownColumns=true in the query",
  encoding: (name) => `send encoding=${name} in the query`,
  map: "map=Their%20column=ours in the query",
  sheet: "sheet in the query",
  fill: (member) => {
    if (member === "accessToken") return "the header Perch-Access-Token";
    return member === "workspaceId" ? "workspace in the query" : `set=${member}=… in the query`;
  },
  workbook: "send it with the content type application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
};

export const howToInForm: HowTo = {
  ignoreColumns: "send the field ignoreUnknownColumns=true",
  encoding: (name) => `send the field encoding=${name}`,
  map: 'the field map with "Their column=ours"',
  sheet: "the field sheet",
  fill: (member) => {
    if (member === "accessToken") return "the field accessToken";
    return member === "workspaceId" ? "the field workspace" : `the field set with ${member}=…`;
  },
  workbook: "give it the ending .xlsx",
};
