import { ProblemError } from "../api/problem.ts";

/** What `GET /sandbox/report` answers, as far as the page shows it. */
export interface Report {
  readonly connectors: readonly {
    readonly id: string;
    readonly workspaceId: string;
    readonly phoneNumber?: string;
    readonly name: string;
    readonly createdAt: string;
    readonly deletedAt?: string;
    readonly channelId?: string;
    readonly channelStatus?: string;
  }[];
  readonly messages: readonly unknown[];
  /** Connectors made by number: more than 1 is a duplicate. */
  readonly creates: Readonly<Record<string, number>>;
  /** Answers by operation and status. */
  readonly requests: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly events: Readonly<Record<"sent" | "acknowledged" | "refused" | "pending", number>>;
}

/** A rule as `PUT /sandbox/faults` takes it. */
export interface FaultRule {
  readonly phoneNumber?: string;
  readonly operation?: string;
  readonly times?: number | "always";
  readonly fault: Readonly<Record<string, unknown>> & { readonly kind: string };
}

/** Resolves with the body. @throws {ProblemError} the sandbox refused, with an error of Bird's kind, or does not answer. */
const asked = async <T>(path: string, init: RequestInit): Promise<T> => {
  const response = await fetch(path, init).catch((fault: unknown) => {
    if (fault instanceof DOMException && fault.name === "AbortError") throw fault;
    throw new ProblemError("The sandbox did not answer: it has stopped, or is starting again.", {
      status: 0,
      code: "unreachable",
    });
  });
  const body = await response.json();
  if (response.ok) return body;
  const { message = `The sandbox answered ${response.status}.`, code = "unknown", details } = body;
  const what = details === undefined ? message : `${message}: ${JSON.stringify(details)}`;
  throw new ProblemError(what, { status: response.status, code });
};

export const readReport = (signal: AbortSignal): Promise<Report> => asked("/sandbox/report", { signal });

export const readFaults = (signal: AbortSignal): Promise<readonly FaultRule[]> =>
  asked("/sandbox/faults", { signal });

/** Replaces all rules. @returns those that hold now. */
export const replaceFaults = (rules: readonly FaultRule[]): Promise<readonly FaultRule[]> =>
  asked("/sandbox/faults", {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(rules),
  });
