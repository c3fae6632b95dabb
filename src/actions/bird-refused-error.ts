import type { Refusal } from "../bird/answers.ts";

/** A request to Bird, with the texts of its refusal's message. */
interface AskedOfBird {
  /** Follows "Bird …": `did not delete the connector`. */
  readonly undone: string;
  /** The policy a key needs for it: an action and a resource, as Bird's access policies name them. */
  readonly policy: string;
  /** What to do after a 404, a whole sentence. */
  readonly whenNotFound: string;
  /** What to do after another 4xx, a whole sentence. */
  readonly whenRejected: string;
  /** What to do when the result is unknown, a whole sentence. */
  readonly whenUnknown: string;
}

/** Bird did not carry out a caller's request. The message says what to do about it. */
export class BirdRefusedError extends Error {
  readonly code: RefusalCode;
  readonly birdStatus: number | undefined;
  /** Whether the same request may succeed later by itself. */
  readonly isUnavailable: boolean;

  constructor(refusal: Refusal, asked: AskedOfBird) {
    super(`${messageOf(refusal, asked)}${birdMessageOf(refusal)}`);
    this.name = "BirdRefusedError";
    this.code = codeOf(refusal);
    this.birdStatus = refusal.birdStatus;
    this.isUnavailable = refusal.kind === "unavailable" || refusal.kind === "rate_limited";
  }
}

const birdMessageOf = ({ birdMessage }: Refusal): string =>
  birdMessage === undefined ? "" : ` Bird says: ${birdMessage}`;

type RefusalCode = "unauthorized" | "forbidden" | "rate_limited" | "bird_unavailable" | "rejected_by_bird";

const codeOf = (refusal: Refusal): RefusalCode => {
  switch (refusal.kind) {
    case "denied":
      return refusal.code;
    case "rate_limited":
      return "rate_limited";
    case "unavailable":
      return "bird_unavailable";
    case "not_found":
    case "rejected":
      return "rejected_by_bird";
  }
};

const messageOf = (refusal: Refusal, asked: AskedOfBird): string => {
  const failed = `Bird ${asked.undone}`;
  switch (refusal.kind) {
    case "denied":
      return refusal.code === "unauthorized"
        ? `${failed}: it refused the access key. Set a valid BIRD_ACCESS_KEY with a role.`
        : `${failed}: the access key has no policy for it. Give the key's role ${asked.policy} in Bird.`;
    case "not_found":
      return `${failed}: it does not know it (HTTP 404). ${asked.whenNotFound}`;
    case "rejected":
      return `${failed}: it refused the data (HTTP ${refusal.birdStatus}). ${asked.whenRejected}`;
    case "rate_limited":
      return `${failed}: too many requests. Try again in a minute.`;
    case "unavailable":
      return `${failed}, or did not say so (${refusal.reason}). ${asked.whenUnknown}`;
  }
};
