import type { Operation } from "../http/answer.ts";
import { type AnswerFault, answerFaultSchema } from "./answer-fault.ts";
import { type CreationFault, creationFaultSchema } from "./creation-fault.ts";
import { type FaultRule, parseFaultRules } from "./rule.ts";

/** What a call is about, for the selectors of fault rules. */
export interface Subject {
  readonly operation: Operation;
  readonly workspaceId: string;
  readonly phoneId?: string | undefined;
  readonly phoneNumber?: string | undefined;
}

/** The fault rules, and how often each has struck. */
export interface FaultInjector {
  /** Replaces all rules and resets their counts. @throws {InputError} and keeps the old rules. */
  readonly replace: (rules: unknown) => void;
  readonly rules: () => readonly FaultRule[];
  /** Resets the counts of all rules. */
  readonly restart: () => void;
  /** The fault for this call's answer. Uses each rule that strikes up by one. */
  readonly answerFault: (subject: Subject) => AnswerFault | undefined;
  /** All faults of the connector that this call makes, in the order of the rules. */
  readonly creationFaults: (subject: Subject) => readonly CreationFault[];
}

interface Entry<Fault> {
  readonly rule: FaultRule;
  readonly fault: Fault;
  /** Place in the list, so that two rules with one probability do not strike the same numbers. */
  readonly index: number;
  readonly timesMax: number;
  readonly struck: Map<string, { calls: number; times: number }>;
}

/** Creates the injector. `random` maps a key to [0, 1) and must be constant for a key. */
export const createFaultInjector = ({
  random,
}: {
  readonly random: (key: string) => number;
}): FaultInjector => {
  let rules: readonly FaultRule[] = [];
  let answers: readonly Entry<AnswerFault>[] = [];
  let creations: readonly Entry<CreationFault>[] = [];

  const fill = (): void => {
    answers = rules.flatMap((rule, index) => {
      const parsed = answerFaultSchema.safeParse(rule.fault);
      const { operation = "create", times = operation === "create" ? 1 : "always" } = rule;
      return parsed.success ? [entry({ rule, index, fault: parsed.data, times })] : [];
    });
    creations = rules.flatMap((rule, index) => {
      const parsed = creationFaultSchema.safeParse(rule.fault);
      return parsed.success
        ? [entry({ rule, index, fault: parsed.data, times: rule.times ?? "always" })]
        : [];
    });
  };

  return {
    replace: (input) => {
      rules = parseFaultRules(input);
      fill();
    },
    rules: () => rules,
    restart: fill,
    answerFault: (subject) => answers.find((candidate) => strikes(candidate, subject, random))?.fault,
    creationFaults: (subject) =>
      creations.filter((candidate) => strikes(candidate, subject, random)).map(({ fault }) => fault),
  };
};

const entry = <Fault>({
  times,
  ...rest
}: Pick<Entry<Fault>, "rule" | "index" | "fault"> & { readonly times: number | "always" }): Entry<Fault> => ({
  ...rest,
  timesMax: times === "always" ? Number.POSITIVE_INFINITY : times,
  struck: new Map(),
});

const strikes = (
  { rule, index, timesMax, struck }: Entry<unknown>,
  subject: Subject,
  random: (key: string) => number,
): boolean => {
  if (!isSelected(rule, subject)) return false;
  if (timesMax === Number.POSITIVE_INFINITY && rule.probability === undefined) return true;
  const thing = `${subject.workspaceId}/${subject.phoneNumber ?? ""}`;
  const count = struck.get(thing) ?? { calls: 0, times: 0 };
  if (count.times >= timesMax) return false;
  struck.set(thing, count);
  count.calls += 1;
  if (rule.probability !== undefined && random(`${index}/${thing}/${count.calls}`) >= rule.probability)
    return false;
  count.times += 1;
  return true;
};

const isSelected = (rule: FaultRule, subject: Subject): boolean =>
  (rule.operation ?? "create") === subject.operation &&
  (rule.phoneNumber === undefined || rule.phoneNumber === subject.phoneNumber) &&
  (rule.phoneId === undefined || rule.phoneId === subject.phoneId) &&
  (rule.workspaceId === undefined || rule.workspaceId === subject.workspaceId);
