import { z } from "zod";
import { parseInput } from "../../install/errors/input-error.ts";
import { metaReads, operations } from "../http/answer.ts";
import { answerFaultSchema } from "./answer-fault.ts";
import { creationFaultSchema } from "./creation-fault.ts";

const kinds = [...answerFaultSchema.options, ...creationFaultSchema.options].map(
  ({ shape }) => shape.kind.value,
);
const answerKinds = new Set<string>(answerFaultSchema.options.map(({ shape }) => shape.kind.value));
/** Operations that are about no single number. */
const numberless = new Set<string>([
  "listConnectors",
  "listChannels",
  ...operations.filter((operation) => operation.endsWith("Subscription")),
  "listSubscriptions",
  "debugToken",
  "listPhoneNumbers",
]);
const ofMeta = new Set<string>(metaReads);

/**
 * One scripted fault: which calls it strikes (all given selectors must hold) and what happens to them.
 *
 * Faults of the answer strike any operation; of those that match, the first in the list is applied. All
 * other faults concern a connector that is being made, so they need `create`; all that match are combined.
 */
export const faultRuleSchema = z
  .strictObject({
    phoneNumber: z.string().min(1).optional(),
    phoneId: z.string().min(1).optional(),
    workspaceId: z.guid().toLowerCase().optional(),
    /** Default: `create`. */
    operation: z.enum(operations, `must be one of ${operations.join(", ")}`).optional(),
    /** Share of matching calls that are struck; which ones depends on the seed, not on their order. Default: 1. */
    probability: z.number().min(0).max(1).optional(),
    /**
     * How often one number of one workspace is struck (one workspace, for operations about no single number).
     * Default: 1 for a faulty answer to `create`, else `always`.
     */
    times: z
      .union([z.int().min(1), z.literal("always")], 'must be a whole number from 1, or "always"')
      .optional(),
    fault: z.discriminatedUnion("kind", [answerFaultSchema, creationFaultSchema], {
      error: ({ code }) => (code === "invalid_union" ? `must be one of ${kinds.join(", ")}` : undefined),
    }),
  })
  .superRefine(({ operation = "create", phoneNumber, phoneId, workspaceId, fault }, context) => {
    if (ofMeta.has(operation) && (workspaceId !== undefined || phoneNumber !== undefined))
      context.addIssue({
        code: "custom",
        path: ["operation"],
        message: `${operation} is a read at Meta, which knows neither workspaceId nor phoneNumber`,
      });
    if (operation !== "create" && !answerKinds.has(fault.kind)) {
      context.addIssue({ code: "custom", path: ["operation"], message: `must be create for ${fault.kind}` });
    }
    if (fault.kind === "meta_usage" && !ofMeta.has(operation))
      context.addIssue({
        code: "custom",
        path: ["operation"],
        message: `must be one of ${metaReads.join(", ")} for meta_usage`,
      });
    if (numberless.has(operation) && (phoneNumber !== undefined || phoneId !== undefined)) {
      context.addIssue({
        code: "custom",
        path: ["operation"],
        message: `${operation} is about no single number: select it by workspaceId`,
      });
    }
  });

export type FaultRule = z.infer<typeof faultRuleSchema>;

const faultRulesSchema = z.array(faultRuleSchema, "must be an array of fault rules");

/** Reads a list of fault rules. @throws {InputError} naming everything that is wrong with it. */
export const parseFaultRules = (input: unknown): readonly FaultRule[] => parseInput(faultRulesSchema, input);
