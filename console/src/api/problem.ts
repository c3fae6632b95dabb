import type { components } from "./document.ts";

type Problem = components["schemas"]["Problem"];
type DetectedFile = components["schemas"]["DetectedFile"];

/** What the API answered instead of what was asked for, or that it could not be reached (status 0). */
export class ProblemError extends Error {
  readonly status: number;
  readonly code: string;
  /** Issues of single members of the request. */
  readonly issues: readonly { readonly path: string; readonly message: string }[];
  readonly requestId: string | undefined;
  /** How a file that was refused was read. */
  readonly file: DetectedFile | undefined;

  constructor(
    message: string,
    problem: Pick<ProblemError, "status" | "code"> &
      Partial<Pick<ProblemError, "issues" | "requestId" | "file">>,
  ) {
    super(message);
    this.name = "ProblemError";
    this.status = problem.status;
    this.code = problem.code;
    this.issues = problem.issues ?? [];
    this.requestId = problem.requestId;
    this.file = problem.file;
  }
}

interface Answer<T> {
  readonly data?: T;
  readonly error?: Problem;
  readonly response: Response;
}

const noAnswer = "The API did not answer. It may be restarting, or this machine is offline.";

/** Resolves with what was asked for. @throws {ProblemError} the API answered with a problem, or not at all. */
export const answered = async <T>(asked: Promise<Answer<T>>): Promise<T> => {
  const { data, error, response } = await asked.catch((fault: unknown) => {
    if (fault instanceof DOMException && fault.name === "AbortError") throw fault;
    throw new ProblemError(noAnswer, { status: 0, code: "unreachable" });
  });
  if (data !== undefined) return data;
  const { status, headers } = response;
  throw new ProblemError(error?.detail ?? error?.title ?? `The API answered ${status}.`, {
    status,
    code: error?.code ?? "unknown",
    issues: error?.errors ?? [],
    requestId: headers.get("request-id") ?? undefined,
    file: error?.file,
  });
};
