import { z } from "zod";
import { birdAnswerSchema, failureSchema } from "../../install/errors/install-error.ts";
import { storedRequestSchema } from "../../install/install.ts";
import { jsonOrUndefined } from "../../install/values/lenient.ts";
import { holdReasons } from "../../install/workspace-state.ts";

const timeMs = z.number().int();

/**
 * A create that may have been sent, and the time by which it must have ended. `why`, for a create that is only suspected:
 * a run ended without recording a result, or Redis may have lost one (restart, restored backup).
 */
const unansweredSchema = z.object({
  sinceMs: timeMs,
  looks: z.number().int(),
  /** When Perch last looked, by Redis's clock. */
  lookedAtMs: timeMs.optional(),
  why: z.enum(["run_lost", "restarted", "restored"]).optional(),
  /** What Bird answered, where that does not say whether it created the connector. */
  answer: birdAnswerSchema.optional(),
});

/** Data of an install's job. Members are absent until set, which keeps a waiting install small. */
export const installDataSchema = z.object({
  request: storedRequestSchema,
  /** The secrets as a compact JWE; dropped once the connector exists. */
  sealed: z.string().optional(),
  /** The key of the channel's webhooks as a compact JWE; dropped once they are subscribed. */
  sealedSigningKey: z.string().optional(),
  /** Number of manual retries. */
  retries: z.number().int().optional(),
  /** Who asked for it first. */
  requestedBy: z.string().optional(),
  /**
   * When its number was about to be claimed for it, by Redis's clock: it was queued then or later. Absent in what versions before
   * this one have queued.
   */
  queuedAtMs: timeMs.optional(),
  /** The connect link it came by, and what Meta's window finished with. */
  connect: z.object({ linkId: z.string(), event: z.string().optional() }).optional(),
  batchId: z.string().optional(),
  row: z.number().int().optional(),
  /** It is of its batch's canary, which goes first. */
  canary: z.boolean().optional(),
  /** It waits because its batch is paused, or for the canary. */
  paused: z.boolean().optional(),
  /** Calls to create whose outcome was seen. */
  attempts: z.number().int().optional(),
  /** BullMQ's `attemptsStarted` of the latest run that provably created nothing. */
  clean: z.number().int().optional(),
  /** A create that may have been sent and was not answered. */
  unanswered: unansweredSchema.optional(),
  /** When a look at Bird last proved that nothing had been created. */
  checkedAtMs: timeMs.optional(),
  /** The place reserved in the workspace's POST budget. */
  slotMs: timeMs.optional(),
  /** Since when, and how often, Bird answered 429. */
  throttled: z.object({ sinceMs: timeMs, times: z.number().int() }).optional(),
  /** When a run first wanted to ask Meta about the number, and when it last did, or gave up. */
  metaCheck: z.object({ sinceMs: timeMs, atMs: timeMs.optional() }).optional(),
  /** How often Bird did not know the workspace. */
  workspaceTries: z.number().int().optional(),
  /** Why the workspace is held, while this install waits for that. */
  held: z.enum(holdReasons).optional(),
  connectorId: z.string().optional(),
  /** The connector was found at Bird, not created by this install's own call. */
  adopted: z.boolean().optional(),
  /** The wait for the channel, from the moment the connector was bound; and how often Bird was asked for it. */
  waiting: z.object({ sinceMs: timeMs, polls: z.number().int().optional() }).optional(),
  /** When this install acts next by itself. Absent while it waits for its first look at Bird. */
  nextActionAtMs: timeMs.optional(),
  failure: failureSchema.optional(),
});

export type InstallData = z.infer<typeof installDataSchema>;
export type StoredRequest = InstallData["request"];

/** What is stored of an install, as far as this version can read it. */
interface StoredInstall {
  readonly data: InstallData;
  /** What cannot be read, as a sentence; undefined when everything can. */
  readonly unreadable: string | undefined;
}

const blank = { workspaceId: "", name: "", wabaId: "", phoneId: "", phoneNumber: "" };

const objectSchema = z.record(z.string(), z.unknown());

/**
 * Reads the data of an install's job, to show, list, count or erase it: members of another version or shape are left out
 * and named. A run parses strictly instead, because a member it cannot read may be what prevents a second create.
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

/**
 * Whether the create is only suspected because Redis may have lost one. Ends when the suspicion of a restored backup
 * does: see `restart-watch.ts`.
 */
export const isOnlySuspected = ({
  unanswered,
  attempts = 0,
}: Pick<InstallData, "unanswered" | "attempts">): boolean =>
  attempts === 0 && (unanswered?.why === "restarted" || unanswered?.why === "restored");
