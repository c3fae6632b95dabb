import { workspaceId } from "../../support/request.ts";

export const phoneId = "106540352242922";

/** The number all installs of the model are of. */
export const request = {
  workspaceId,
  name: "Acme",
  wabaId: "102290129340398",
  phoneId,
  phoneNumber: "+14155550123",
};
