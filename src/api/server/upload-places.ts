import type { FastifyReply } from "fastify";
import { ProblemError } from "../../http/problem.ts";

/** One of the few uploads of a key. */
export interface UploadPlace {
  /**
   * What to do while another upload waits for a place. The end of a connection stands behind all that was received of
   * it, so it shows only once that is read.
   */
  whenWanted(readAhead: () => Promise<void>): void;
}

/** Limits the uploads of one key in this process; without API keys all callers share one limit. */
export interface UploadPlaces {
  /**
   * Takes a place until the connection has its answer or is closed.
   *
   * @throws {ProblemError} 429: all places are still taken after a second.
   */
  take(reply: FastifyReply): Promise<UploadPlace>;
}

interface PlacesOfKey {
  /** How the upload of each place reads ahead, once it can. */
  readonly taken: Set<{ readAhead?: () => Promise<void> }>;
  /** Resolves when the next place becomes free. */
  freed: PromiseWithResolvers<void>;
}

const placesMax = 4;

/** How long an upload waits for a place. */
const waitMs = 1000;

const problem = {
  status: 429,
  code: "too_many_uploads",
  detail: `At most ${placesMax} uploads of a key may be under way at once: send this file again when one has ended.`,
  retryAfterSeconds: 10,
} as const;

export const createUploadPlaces = (): UploadPlaces => {
  const byKey = new Map<string, PlacesOfKey>();
  return {
    take: async ({ raw, request: { keyName = "" } }) => {
      const places = byKey.get(keyName) ?? { taken: new Set(), freed: Promise.withResolvers() };
      byKey.set(keyName, places);
      await untilFree(places);
      if (places.taken.size >= placesMax) throw new ProblemError(problem);
      const place: { readAhead?: () => Promise<void> } = {};
      if (!raw.closed) {
        places.taken.add(place);
        raw.once("close", () => {
          places.taken.delete(place);
          places.freed.resolve();
          places.freed = Promise.withResolvers();
        });
      }
      return {
        whenWanted: (readAhead) => {
          place.readAhead = readAhead;
        },
      };
    },
  };
};

/** Waits while all places are taken, and has the connections that ended meanwhile found. */
const untilFree = async (places: PlacesOfKey): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(resolve, waitMs, "late");
  });
  try {
    while (places.taken.size >= placesMax) {
      for (const { readAhead } of places.taken) void readAhead?.();
      if ((await Promise.race([places.freed.promise, late])) === "late") return;
    }
  } finally {
    clearTimeout(timer);
  }
};
