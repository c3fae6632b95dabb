import type { InstallRequestInput } from "../../src/install/request.ts";

export const workspaceId = "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10";

/** A good request; `n` (0 to 99) makes it another number. */
export const installRequest = (n = 0, change: Partial<InstallRequestInput> = {}): InstallRequestInput => ({
  workspaceId,
  name: `Acme ${n}`,
  wabaId: "102290129340398",
  phoneId: String(106540352242000 + n),
  phoneNumber: `+1415555${String(100 + n).padStart(4, "0")}`,
  accessToken: `EAAG-TEST-TOKEN-${n}`,
  ...change,
});
