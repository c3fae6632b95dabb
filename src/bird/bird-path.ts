import { isOutsideId } from "../install/values/ids.ts";

/** Thrown for an id that must not become part of a path. Nothing was sent. */
export class UnsafeIdError extends Error {
  readonly code = "unsafe_id";

  constructor() {
    super("An id for a call to Bird must be 1 to 64 letters, digits and hyphens: nothing was sent.");
    this.name = "UnsafeIdError";
  }
}

/**
 * The path of a call to Bird: a template whose values are ids. All paths are built with it, because an id such as `..` would name
 * another resource: URL parsers resolve it even when it is percent-encoded.
 *
 * @throws {UnsafeIdError}
 */
export const birdPath = (parts: TemplateStringsArray, ...ids: readonly string[]): string =>
  parts.reduce((path, part, index) => {
    const id = ids[index - 1] ?? "";
    if (!isOutsideId(id)) throw new UnsafeIdError();
    return `${path}${id}${part}`;
  });
