import type { FastifyReply } from "fastify";
import type { AnswerFault } from "../faults/answer-fault.ts";
import type { FaultInjector, Subject } from "../faults/injector.ts";
import type { Timers } from "../faults/timers.ts";
import { type Answer, errorAnswer, sendAnswer } from "../http/answer.ts";
import type { RequestCounts } from "../http/request-counts.ts";
import type { Store } from "../state/store.ts";

/** Does the work of a call and sends its answer, altered by the fault that a rule sets for it. */
export type Respond = (reply: FastifyReply, subject: Subject, work: () => Answer) => void;

type UsageFault = Extract<AnswerFault, { readonly kind: "meta_usage" }>;
type StatusFault = Extract<AnswerFault, { readonly kind: "status" }>;

/**
 * Creates the responder that all routes share.
 *
 * @param deps.errorOf The error that a scripted status gets, where it is not Bird's.
 * @param deps.usageOf Headers of scripted usage.
 */
export const createResponder = (deps: {
  readonly faults: FaultInjector;
  readonly store: Store;
  readonly timers: Timers;
  readonly counts: RequestCounts;
  readonly errorOf: (subject: Subject, status: number) => Answer | undefined;
  readonly usageOf: (subject: Subject, fault: UsageFault) => Answer["headers"];
}): Respond => {
  const { faults, store, timers, counts, errorOf, usageOf } = deps;

  const send = (reply: FastifyReply, answer: Answer): void => {
    if (answer.ready === undefined) sendAnswer(reply, answer);
    else void answer.ready.then(() => sendAnswer(reply, answer));
  };

  const respondWith = (
    reply: FastifyReply,
    subject: Subject,
    work: () => Answer,
    fault: AnswerFault,
  ): void => {
    switch (fault.kind) {
      case "answer_lost":
        work();
        counts.add(subject.operation, "none");
        reply.hijack().raw.socket?.destroy();
        return;
      case "reset":
        counts.add(subject.operation, "none");
        reply.hijack().raw.socket?.resetAndDestroy();
        return;
      case "slow": {
        const answer = work();
        timers.after(fault.delayMs, () => send(reply, answer));
        return;
      }
      case "empty_200": {
        const { ready } = work();
        send(reply, { status: 200, ready });
        return;
      }
      case "meta_usage":
        send(reply, { ...work(), headers: usageOf(subject, fault) });
        return;
      case "status": {
        const details = fault.details && namedConnector(subject, fault.details);
        const answer = statusAnswer(fault, { connectorId: details, error: errorOf(subject, fault.status) });
        const ready = fault.done === true ? work().ready : undefined;
        send(reply, { ...answer, ready });
      }
    }
  };

  const namedConnector = (
    { workspaceId, phoneId }: Subject,
    details: "same_number" | "other_number",
  ): string | undefined =>
    store
      .workspace(workspaceId)
      .connectors.find(
        (connector) =>
          connector.deletedAtMs === undefined &&
          (connector.phoneId === phoneId) === (details === "same_number"),
      )?.id;

  return (reply, subject, work) => {
    const fault = faults.answerFault(subject);
    if (fault === undefined) send(reply, work());
    else respondWith(reply, subject, work, fault);
  };
};

const statusAnswer = (
  { status, retryAfterSeconds, body }: StatusFault,
  { connectorId, error }: { readonly connectorId: string | undefined; readonly error: Answer | undefined },
): Answer => {
  if (body !== undefined) return { status, body, retryAfterSeconds };
  if (error !== undefined && status < 502) return { ...error, retryAfterSeconds };
  if (status >= 502) return { status, html: gatewayPage(status), retryAfterSeconds };
  if (status === 422) return errorAnswer(422, { "arguments.phoneNumber": ["is not valid"] });
  const details = connectorId === undefined ? undefined : { connectorId };
  return { ...errorAnswer(status, details), retryAfterSeconds };
};

const gatewayPage = (status: number): string =>
  `<html>\r\n<head><title>${status}</title></head>\r\n<body><h1>${status}</h1></body>\r\n</html>\r\n`;
