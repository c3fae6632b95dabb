import { z } from "zod";
import { jsonOrUndefined } from "../install/json-or-undefined.ts";
import { type InstallData, installDataSchema } from "./install-data.ts";

/** What is stored of an install, as far as this version can read it. */
export interface StoredInstall {
  readonly data: InstallData;
  /** What cannot be read, as a sentence; undefined when everything can. */
  readonly unreadable: string | undefined;
}

const blank = { workspaceId: "", name: "", wabaId: "", phoneId: "", phoneNumber: "" };

const objectSchema = z.record(z.string(), z.unknown());

/**
 * Reads the data of an install's job for whoever shows, lists, counts or erases it: members of another version or shape
 * are left out, and named. A run reads strictly instead, because what it does not understand may be what keeps it
 * from creating twice.
 */
export const readStoredInstall = (text: string | null | undefined): StoredInstall => {
  const stored = objectSchema.safeParse(jsonOrUndefined(text));
  if (!stored.success) return { data: { request: blank }, unreadable: cannotRead(["data"]) };
  const whole = installDataSchema.safeParse(stored.data);
  if (whole.success) return { data: whole.data, unreadable: undefined };
  const places = whole.error.issues.map(({ path }) => path.map(String));
  return { data: readable(stored.data, places), unreadable: cannotRead(places.map(nameOf)) };
};

/** The data without the members at these places; what every request has becomes empty. */
const readable = (
  stored: Readonly<Record<string, unknown>>,
  places: readonly (readonly string[])[],
): InstallData => {
  const members = new Set(places.filter(([first]) => first !== "request").map(([first]) => first));
  const ofRequest = new Set(places.filter(([first]) => first === "request").map(([, second]) => second));
  const request = objectSchema.safeParse(stored.request).data ?? {};
  const parsed = installDataSchema.safeParse({
    ...without(stored, members),
    request: { ...blank, ...without(request, ofRequest) },
  });
  return parsed.data ?? { request: blank };
};

const without = (
  members: Readonly<Record<string, unknown>>,
  names: ReadonlySet<string | undefined>,
): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(members).filter(([name]) => !names.has(name)));

const nameOf = ([first = "data", second]: readonly string[]): string =>
  first === "request" && second !== undefined ? second : first;

const cannotRead = (names: readonly string[]): string =>
  `What is stored of it cannot be read by this version of Perch: ${[...new Set(names)].join(", ")}.`;
