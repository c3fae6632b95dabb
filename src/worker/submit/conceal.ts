/**
 * Takes secrets out of what an error says, and out of its causes. BullMQ keeps message and stack of what a run throws
 * in Redis, and the log and traces have them too.
 *
 * @returns the error itself.
 */
export const conceal = (error: unknown, secrets: readonly (string | undefined)[]): unknown => {
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
