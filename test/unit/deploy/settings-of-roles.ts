import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Config, readConfig } from "../../../src/config/config.ts";
import {
  apiSettings,
  birdAccess,
  connectSettings,
  notifierSettings,
  preflightSettings,
  producerSettings,
  webhookSettings,
  workerSettings,
} from "../../../src/roles/settings.ts";

const bird = { url: "", accessKey: "" };
const roles = {
  api: [birdAccess, (config: Config) => apiSettings(config, bird, ""), producerSettings],
  worker: [birdAccess, (config: Config) => workerSettings(config, bird), preflightSettings, notifierSettings],
  webhook: [webhookSettings],
  connect: [connectSettings, producerSettings],
} as const satisfies Record<string, readonly ((config: Config) => unknown)[]>;

export type RoleName = keyof typeof roles;
/** Those of every deployment; connect is left out where no links are used. */
export const roleNames = ["api", "worker", "webhook"] as const satisfies readonly RoleName[];

/** The settings a role reads: what it hands on, and what its command names itself. */
export const settingsOfRole = (role: RoleName): ReadonlySet<string> => {
  const command = readFileSync(join(import.meta.dirname, `../../../src/cli/roles/${role}.ts`), "utf8");
  const names = new Set([...command.matchAll(/\bconfig\.([A-Z_]+)/g)].map(([, name = ""]) => name));
  // Its context reads it for whatever seals or opens.
  if (/\bseal(?:ingKeys)?\(\)/.test(command)) names.add("SEALING_KEYS");
  const complete = readConfig({
    WEBHOOK_PUBLIC_URL: "https://perch.example.com",
    META_APP_ID: "1",
    META_APP_SECRET: "2",
  });
  const watched = new Proxy(complete, {
    get: (config, name) => {
      names.add(String(name));
      return Reflect.get(config, name);
    },
  });
  for (const read of roles[role]) read(watched);
  return names;
};

/** Settings that open something, and that only those are given who use them. */
export const secretSettings = [
  "BIRD_ACCESS_KEY",
  "SEALING_KEYS",
  "API_KEYS",
  "NOTIFY_SECRET",
  "META_APP_SECRET",
  "WEBHOOK_SIGNING_KEYS",
  "WEBHOOK_SIGNING_SECRET",
] as const;
