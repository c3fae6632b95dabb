/** Secrets of every kind, each to be recognised wherever it turns up. */
export const canariesOf = (stem: string) => ({
  accessToken: `EAAG-${stem}-ACCESS`,
  secondToken: `EAAG-${stem}-SECOND`,
  invitationToken: `${stem}-INVITATION`,
  accessKey: `${stem}-ACCESS-KEY`,
  signupCode: `${stem}-SIGNUP-CODE`,
  signingKey: `${stem}-SIGNING-KEY`,
});

export type Canaries = ReturnType<typeof canariesOf>;
