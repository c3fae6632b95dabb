import type { InstallRequestInput } from "../../src/install/request.ts";
import { tokenMark } from "./find-in-clear.ts";

/** The request of the n-th number; the same number always goes to the same workspace. */
export const chaosRequest = (n: number, workspaces: number): InstallRequestInput => ({
  workspaceId: `0b6f2f0c-7d1a-4f0e-9c55-${String(n % workspaces).padStart(12, "0")}`,
  name: `Acme support ${n}`,
  wabaId: "102290129340398",
  phoneId: String(106540000000000 + n),
  phoneNumber: `+1415${String(2000000 + n)}`,
  accessToken: `${tokenMark}${n}`,
});
