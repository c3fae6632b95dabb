import type { z } from "zod";

/** One thing wrong with an input. */
export interface InputIssue {
  /** A JSON Pointer (RFC 6901) such as `/phoneNumber`; "" for the whole. */
  readonly path: string;
  /** What is wrong, to be read after the member's name; holds no value. */
  readonly message: string;
}

/** Thrown for an input that breaks its schema, with all its issues. Holds names, never values. */
export class InputError extends Error {
  /** Stays the same; branch on it or on `instanceof`. */
  readonly code = "invalid_request";
  /** All of them. */
  readonly issues: readonly InputIssue[];

  constructor(issues: readonly InputIssue[]) {
    super(issues.map(({ path, message }) => `${path.slice(1) || "input"} ${message}`).join("; "));
    this.name = "InputError";
    this.issues = issues;
  }
}

/** Parses an input, or throws an {@link InputError} with every issue. */
export const parseInput = <T extends z.ZodType>(schema: T, input: unknown): z.output<T> => {
  const parsed = schema.safeParse(input, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw new InputError(parsed.error.issues.flatMap(inputIssues));
};

const inputIssues = (issue: z.core.$ZodIssue): InputIssue[] => {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      path: pointer([...issue.path, key]),
      message: "is not a known member: remove it or correct its name",
    }));
  }
  const isMissing = issue.path.length > 0 && issue.input === undefined;
  return [{ path: pointer(issue.path), message: isMissing ? "is missing" : issue.message }];
};

/** A path as a JSON Pointer (RFC 6901). */
export const pointer = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
