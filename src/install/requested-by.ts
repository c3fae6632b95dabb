/** Characters of a requester's name that are kept at most. */
const nameMax = 100;

/**
 * The name of who asks for something, as it is kept with it and shown: an API key's, `cli:` and a user's, or what a
 * program that uses the library says.
 *
 * @throws {TypeError} it is no name.
 */
export const requesterName = <Name extends string | undefined>(name: Name): Name => {
  if (name === undefined || (/^\P{Cc}+$/u.test(name) && name.length <= nameMax)) return name;
  throw new TypeError(`requestedBy must be 1 to ${nameMax} characters without control characters.`);
};

/** Who asks for an action. */
export interface Requester {
  /** Default: whom the actions were made for, or nobody in particular. */
  readonly requestedBy?: string | undefined;
}
