import { UnmetError } from "./unmet-error.ts";

/** A line of Redis's `INFO`. @throws {UnmetError} where Redis does not say. */
export const infoOf = (info: Readonly<Record<string, string>>, name: string): string => {
  const value = info[name];
  if (value === undefined)
    throw new UnmetError(`Redis does not tell ${name}: allow the user of REDIS_URL the command INFO.`);
  return value;
};
