import type { Config, InspectedConfig } from "../../config.ts";
import { UnmetError } from "./unmet-error.ts";

/** The settings of webhook signatures. @throws {UnmetError} when one is malformed, or none is set. */
export const needSigning = ({
  config,
  problems,
}: InspectedConfig): Pick<Config, "WEBHOOK_SIGNING_SECRET" | "WEBHOOK_SIGNING_KEYS"> => {
  const wrong = problems.find(({ name }) => name.startsWith("WEBHOOK_SIGNING_"));
  if (wrong !== undefined) throw new UnmetError(`${wrong.name} is wrong.`);
  if (config.WEBHOOK_SIGNING_SECRET === undefined && config.WEBHOOK_SIGNING_KEYS === undefined)
    throw new UnmetError("Neither WEBHOOK_SIGNING_SECRET nor WEBHOOK_SIGNING_KEYS is set.");
  return config;
};
