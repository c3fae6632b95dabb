import { userInfo } from "node:os";

/**
 * Who a command acts for, as it is kept with what it asks for: `cli:` and the name of the user of this machine. No API
 * key is named so, because its name has no colon.
 */
export const cliRequester = (): string => {
  const name = userName()
    .replaceAll(/[^A-Za-z0-9._@-]/g, "_")
    .slice(0, 64);
  return name === "" ? "cli" : `cli:${name}`;
};

/** A container's user need not have a name. */
const userName = (): string => {
  try {
    return userInfo().username;
  } catch {
    return "";
  }
};
