import { SpanKind } from "@opentelemetry/api";
import type { NotifierTraces } from "../notify/notifier.ts";
import type { FindTrace } from "../queue/installs/trace.ts";
import { recordSpan } from "./record-span.ts";

/**
 * Traces of the notifier: each delivery attempt of an install's outcome is part of the install's trace. A postponed one
 * is not recorded, because it was not sent.
 */
export const createNotifierTraces = (deps: { readonly findTrace: FindTrace }): NotifierTraces => ({
  onTry: async ({ type, subjectId, result, status, attempt, elapsedMs }) => {
    if (!type.startsWith("install.") || result === "postponed") return;
    const parent = await deps.findTrace(subjectId).catch(() => undefined);
    if (parent === undefined) return;
    recordSpan({
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
