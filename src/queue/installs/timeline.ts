import { z } from "zod";
import type { TimelineEntry } from "../../install/install.ts";

const entrySchema = z.looseObject({ at: z.iso.datetime(), what: z.string() });

/** A step of an install's life as it is kept among its job's BullMQ logs: one JSON line. */
export const timelineLine = (
  atMs: number,
  what: string,
  details: Readonly<Record<string, string | number | undefined>> = {},
): string => JSON.stringify({ at: new Date(atMs).toISOString(), what, ...details });

/** Reads log lines back; a line of another writer (BullMQ tools may log too) is kept as plain text. */
export const readTimeline = (lines: readonly string[]): TimelineEntry[] => lines.map(readLine);

const readLine = (line: string): TimelineEntry => {
  try {
    const { at, what, ...details } = entrySchema.parse(JSON.parse(line));
    const flat = Object.entries(details).filter(
      (detail): detail is [string, string | number] =>
        typeof detail[1] === "string" || typeof detail[1] === "number",
    );
    return { ...Object.fromEntries(flat), at, what };
  } catch {
    return { at: "", what: line };
  }
};

/** How the log and the timeline say that a connector is the install's. */
export const boundText = (isAdopted: boolean): string =>
  isAdopted ? "connector found at Bird and adopted" : "connector created";

/** How the timeline says that Perch asked Bird for an install's channel, because no event had come. */
export const askedText = (isUsable: boolean): string =>
  `asked Bird for the channel${isUsable ? ", which is usable" : ", not usable yet"}`;

/** How the timeline says that a customer finished Meta's signup. With coexistence the number stays in its app. */
export const signedUpText = (event: string | undefined): string =>
  event === coexistenceEvent
    ? "signup finished by the customer, with a number that stays in the WhatsApp Business app"
    : "signup finished by the customer";

const coexistenceEvent = "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING";

/** How the timeline says that an install has taken its event. */
export const matchedText = "event from Bird matched";
