import { type InspectedConfig, inspectConfig } from "../../src/config/config.ts";

/** What an API's doctor checks where a test does not ask it: no setting at all. */
export const noSettings: { readonly settings: InspectedConfig; readonly dataDir: string } = {
  settings: inspectConfig({}),
  dataDir: "/nowhere",
};
