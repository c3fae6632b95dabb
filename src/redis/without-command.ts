/**
 * Removes from an error of ioredis, and from errors in it, the command that failed: its arguments are a password, or
 * the data of installs, and a program that prints the error would print them.
 */
export const withoutCommand = (error: unknown): unknown => {
  if (!(error instanceof Error)) return error;
  if ("command" in error) Reflect.deleteProperty(error, "command");
  // ioredis sets it on the error of a cluster, and declares it nowhere.
  const inner = [error.cause, Reflect.get(error, "lastNodeError")];
  for (const each of error instanceof AggregateError ? [...inner, ...error.errors] : inner)
    withoutCommand(each);
  return error;
};
