/** How carefully an import begins, as `producer.importRows` takes it. */
interface HaltOptions {
  readonly canary: number | undefined;
  readonly haltAt: number | undefined;
}

const canaryMax = 1000;
/** Where a canary halts when nothing else is said, percent. */
const haltAtDefault = 20;

/**
 * Reads `--canary` (installs) and `--halt-at` (percent, with or without the sign).
 *
 * @returns the options, or what is wrong with them in one sentence.
 */
export const readHaltOptions = (args: {
  readonly canary?: string | undefined;
  readonly haltAt?: string | undefined;
}): HaltOptions | string => {
  const canary = args.canary === undefined ? undefined : wholeNumber(args.canary);
  if (canary !== undefined && !(canary >= 1 && canary <= canaryMax))
    return `--canary must be a whole number of installs from 1 to ${canaryMax}.`;
  const haltAt = args.haltAt === undefined ? undefined : percent(args.haltAt);
  if (haltAt !== undefined && !(haltAt <= 100))
    return "--halt-at must be a percentage from 0 to 100, such as 20 or 20%.";
  return { canary, haltAt: haltAt ?? (canary === undefined ? undefined : haltAtDefault) };
};

const wholeNumber = (text: string): number => (/^\d{1,9}$/.test(text) ? Number(text) : Number.NaN);

const percent = (text: string): number =>
  /^\d{1,3}(\.\d{1,2})? ?%?$/.test(text) ? Number.parseFloat(text) : Number.NaN;
