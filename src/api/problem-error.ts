import type { Problem } from "./problem.ts";

/** A request that is refused; the answer is the problem. */
export class ProblemError extends Error {
  readonly code: string;
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = "ProblemError";
    this.code = problem.code;
    this.problem = problem;
  }
}
