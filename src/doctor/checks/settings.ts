import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { InspectedConfig } from "../../config/config.ts";
import { isLoopback } from "../../http/is-loopback.ts";
import { isPublicAddress } from "../../notify/public-address.ts";
import { type Check, type Finding, fail, ok, warn } from "../check.ts";
import { needSetting } from "../context.ts";
import { failureReason } from "../failure-reason.ts";
import { SkipCheck } from "../skip-check.ts";

/** Bird repeats an event for up to a day, and a long weekend may pass before an operator acts. */
const sensibleMs = 7 * 86_400_000;

/** Settings without which a role of production does not do its work, where `REDIS_URL` says that it is one. */
const needed = [
  {
    name: "BIRD_ACCESS_KEY",
    lack: "perch api and perch worker do not start",
    fix: "Set BIRD_ACCESS_KEY to an access key of Bird: Settings, Security, Access keys (docs/bird-setup.md).",
  },
  {
    name: "WEBHOOK_PUBLIC_URL",
    lack: "no subscription can send Bird's events, so each install waits until Perch asks Bird",
    fix: "Set WEBHOOK_PUBLIC_URL to the public https name in front of the webhook service.",
  },
] as const;

const missing = ({ config, problems }: InspectedConfig): readonly Finding[] =>
  needed
    .filter(({ name }) => config.REDIS_URL !== undefined && config[name] === undefined)
    .filter(({ name }) => problems.every((problem) => problem.name !== name))
    .map(({ name, lack, fix }) => ({ id: `settings:${name}`, ...fail(`${name} is not set: ${lack}.`, fix) }));

const checkRetention = (retentionMs: number) =>
  retentionMs >= sensibleMs
    ? ok("Every setting that is set is well-formed.")
    : warn(
        "RETENTION_MS is less than a week: installs that failed over a long weekend are deleted before an operator sees them, and late events of Bird find no install.",
        "Set RETENTION_MS=604800000 or more, unless the data must be deleted sooner; perch erase deletes single numbers.",
      );

/** Every setting that is invalid, or missing in production, by name and never with its value. */
export const settingsCheck: Check = {
  id: "settings",
  run: async (context) => {
    const wrong = context.problems.map(({ name, message }) => ({
      id: `settings:${name}`,
      ...fail(
        `${name} ${message}.`,
        `Correct ${name} in the environment or in .env; .env.example shows its form.`,
      ),
    }));
    const found = [...wrong, ...missing(context)];
    return found.length === 0 ? checkRetention(context.config.RETENTION_MS) : found;
  },
};

/** Whether the API needs keys if other machines can reach it. */
export const apiAccessCheck: Check = {
  id: "api_access",
  run: async (context) => {
    const host = needSetting(context, "API_HOST");
    if (context.problems.some(({ name }) => name === "API_KEYS")) throw new SkipCheck("API_KEYS is wrong.");
    if (context.config.API_KEYS !== undefined) return ok("The API asks for a key (API_KEYS).");
    if (isLoopback(host)) return ok("The API asks for no key and listens on this machine only.");
    return fail(
      "API_KEYS is not set and API_HOST is not this machine alone: the API refuses to start.",
      "Make a key with perch keys api and set API_KEYS, or set API_HOST to 127.0.0.1.",
    );
  },
};

/** Whether notifications could be sent to `NOTIFY_URL`. Sends none. */
export const notifyCheck: Check = {
  id: "notify",
  run: async (context) => {
    const { NOTIFY_SECRET: secrets, NOTIFY_URL: url, NOTIFY_ALLOW_PRIVATE: allowsPrivate } = context.config;
    const wrong = context.problems.find(({ name }) => name.startsWith("NOTIFY_"));
    if (wrong !== undefined) throw new SkipCheck(`${wrong.name} ${wrong.message}.`);
    if (secrets === undefined)
      throw new SkipCheck("NOTIFY_SECRET is not set here: a worker without it sends no notification.");
    if (url === undefined) return ok("NOTIFY_SECRET is set; only each install's callbackUrl is notified.");
    const { hostname } = new URL(needSetting(context, "NOTIFY_URL"));
    const host = hostname.replace(/^\[|\]$/g, "");
    try {
      const found = isIP(host) === 0 ? await lookup(host, { all: true }) : [{ address: host }];
      if (allowsPrivate || found.every(({ address }) => isPublicAddress(address)))
        return ok("NOTIFY_URL is an address that notifications may go to, and NOTIFY_SECRET signs them.");
    } catch (error) {
      return fail(
        `The host of NOTIFY_URL is not known (${failureReason(error)}).`,
        "Correct the host name of NOTIFY_URL, or this machine's DNS.",
      );
    }
    return fail(
      "NOTIFY_URL leads to a private address, where nothing is sent.",
      "Set NOTIFY_URL to a public https address, or NOTIFY_ALLOW_PRIVATE to true.",
    );
  },
};
