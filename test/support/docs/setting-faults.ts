import { isSettingName } from "../../../src/config/config.ts";
import type { Page } from "./page.ts";

/** Names in capitals that are no settings of Perch: events and values of Meta, variables of Node and of tests, and what stands for any setting. */
const foreign: ReadonlySet<string> = new Set([
  "CRASH_POINTS",
  "FINISH_ONLY_WABA",
  "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING",
  "NOT_VERIFIED",
  "ON_PREMISE",
  "OTEL_TRACES_SAMPLER",
  "NAME_FILE",
  "NODE_OPTIONS",
  "NODE_EXTRA_CA_CERTS",
  "NODE_USE_ENV_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "NO_COLOR",
  "REDIS_PASSWORD",
  "REDISCLI_AUTH",
]);

/** Grafana's own begin so. */
const isForeign = (name: string): boolean => foreign.has(name) || name.startsWith("GF_");

const isKnown = (name: string): boolean => isSettingName(name) || isForeign(name);

/** Settings that a page names and that there are not. */
export const settingFaults = ({ text, blocks }: Pick<Page, "text" | "blocks">): readonly string[] => {
  const named = [...text.matchAll(/(?<![\w$])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?!\w)/g)].map(([name]) => name);
  // A name without an underscore is a setting only where something is set for perch by it.
  const set = blocks.flatMap(({ text: code }) =>
    [...code.matchAll(/^([A-Z]{4,})=\S* perch /gm)].map(([, name = ""]) => name),
  );
  return [...new Set([...named, ...set])]
    .filter((name) => !isKnown(name))
    .map((name) => `no setting ${name}`);
};
