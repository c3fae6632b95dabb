import { SpanKind } from "@opentelemetry/api";
import type { FindTrace } from "../queue/install-trace.ts";
import { tellSpan } from "./tell-span.ts";

/** A try to deliver a notification that has ended. */
interface Tried {
  readonly type: string;
  /** Id of the install or batch. */
  readonly subjectId: string;
  readonly result: string;
  readonly status: number | undefined;
  readonly attempt: number;
  readonly elapsedMs: number;
}

/**
 * The notifier's part in traces: each try to tell an install's outcome is part of the install's trace. One that was
 * put off was no request.
 */
export const createNotifierTraces = (deps: { readonly findTrace: FindTrace }) => ({
  tried: async ({ type, subjectId, result, status, attempt, elapsedMs }: Tried): Promise<void> => {
    if (!type.startsWith("install.") || result === "postponed") return;
    const parent = await deps.findTrace(subjectId).catch(() => undefined);
    if (parent === undefined) return;
    tellSpan({
      name: "POST notification",
      kind: SpanKind.CLIENT,
      elapsedMs,
      parent,
      attributes: {
        "http.request.method": "POST",
        "http.response.status_code": status,
        "perch.install.id": subjectId,
        "perch.notification.type": type,
        "perch.notification.result": result,
        "perch.notification.attempt": attempt,
      },
      error: result === "delivered" ? undefined : result,
    });
  },
});
