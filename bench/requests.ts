const token = `EAAG${"x".repeat(200)}`;

/** A request of one of 50 workspaces. */
export const request = (n: number) => ({
  workspaceId: `0b6f2f0c-7d1a-4f0e-9c55-${String(n % 50).padStart(12, "0")}`,
  name: `Acme support ${n}`,
  wabaId: "102290129340398",
  // No id ends in zeros: a spreadsheet would have rounded it, and the row would be rejected.
  phoneId: `${10654000000000 + n}7`,
  phoneNumber: `+1415${String(2000000 + (n % 7999999))}`,
  accessToken: token,
});

export const requests = function* (count: number, first = 0) {
  for (let n = first; n < count; n += 1) yield request(n);
};
