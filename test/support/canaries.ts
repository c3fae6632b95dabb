/** Secrets of every kind, each to be recognised wherever it turns up. */
export const canariesOf = (stem: string) => ({
  stem,
  accessToken: `EAAG-${stem}-ACCESS`,
  secondToken: `EAAG-${stem}-SECOND`,
  invitationToken: `${stem}-INVITATION`,
  accessKey: `${stem}-ACCESS-KEY`,
  signupCode: `${stem}-SIGNUP-CODE`,
  connectCode: `${stem}-CONNECT-CODE`,
  appSecret: `${stem}-APP-SECRET`,
  signingKey: `${stem}-SIGNING-KEY`,
});

export type Canaries = ReturnType<typeof canariesOf>;
