import { z } from "zod";
import { isLoopback } from "../http/is-loopback.ts";
import { isWebAddress } from "../install/values/shown-text.ts";

const isBase = (text: string): boolean => {
  const url = URL.parse(text);
  // Refuses text that a parser changes, such as "/../".
  const path = text.replace(/^[a-z]+:\/\/[^/]*/i, "") || "/";
  return url !== null && !/[?#]/.test(text) && url.pathname === path;
};

const isEncryptedOrLocal = (text: string): boolean => {
  const url = URL.parse(text);
  return url !== null && (url.protocol === "https:" || isLoopback(url.hostname));
};

/** The base of an address: https, or http on this machine; without a query, a fragment, a user or a password. */
export const baseAddress = z
  .string()
  .refine((text) => isWebAddress(text) && isEncryptedOrLocal(text), {
    error: "must be an https address, or http on this machine, without a user name or password",
    abort: true,
  })
  .refine(isBase, "must be a plain base address, without query and fragment")
  .transform((url) => url.replace(/\/+$/, ""));

/** The base address of the webhook service. Drops the service's own path, which often is copied from Bird with it. */
export const webhookBaseAddress = z
  .string()
  .refine((text) => !/\/webhooks\/bird(?:\/[^/?#]*)?\/*(?:[?#]|$)/i.test(text), {
    error: "must not end in /webhooks/bird, which Perch adds: give the part before it",
    abort: true,
  })
  .pipe(baseAddress);

export const imageAddress = z
  .string()
  .refine(
    (text) => isWebAddress(text) && text.toLowerCase().startsWith("https:"),
    "must be an https address without a user name or password",
  );

export const notifyAddress = z
  .string()
  .refine(isWebAddress, "must be an https address without a user name or password");

export const collectorAddress = z
  .string()
  .refine(isWebAddress, "must be an http or https address without a user name or password");
