/**
 * Removes secrets from the message and stack of an error and of its causes. BullMQ stores both in Redis when a run
 * throws, and the log and traces record them.
 *
 * @returns the error itself.
 */
export const redactSecrets = (error: unknown, secrets: readonly (string | undefined)[]): unknown => {
  const given = secrets.flatMap((secret) => (secret === undefined || secret === "" ? [] : [secret]));
  const without = (text: string): string =>
    given.reduce((rest, secret) => rest.replaceAll(secret, "[redacted]"), text);
  const seen = new Set<Error>();
  for (let each = error; each instanceof Error && !seen.has(each); each = each.cause) {
    seen.add(each);
    const { message, stack } = each;
    each.message = without(message);
    if (stack !== undefined) each.stack = without(stack);
  }
  return error;
};
