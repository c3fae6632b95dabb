/** What a promise resolves with, or undefined when it fails or takes longer than `limitMs`. */
export const within = async <T>(limitMs: number, promise: Promise<T>): Promise<T | undefined> => {
  const limit = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => limit.resolve(undefined), limitMs);
  try {
    return await Promise.race([promise, limit.promise]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
};
