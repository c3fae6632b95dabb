/** A check cannot be made, because something it builds on is missing: it is skipped, and says what. */
export class SkipCheck extends Error {
  readonly code = "unmet";

  constructor(message: string) {
    super(message);
    this.name = "SkipCheck";
  }
}
