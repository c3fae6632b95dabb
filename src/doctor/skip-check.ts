/** Thrown when a check depends on something that is missing: the check is skipped, and the message names it. */
export class SkipCheck extends Error {
  readonly code = "unmet";

  constructor(message: string) {
    super(message);
    this.name = "SkipCheck";
  }
}
