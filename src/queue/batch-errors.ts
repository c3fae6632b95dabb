/** There is no batch of this id, or not any more. */
export class BatchNotFoundError extends Error {
  readonly code = "not_found";

  constructor(batchId: string) {
    super(`There is no batch ${batchId}; ended ones go after RETENTION_MS.`);
    this.name = "BatchNotFoundError";
  }
}

/** The batch is not in a state that allows this. */
export class BatchStateError extends Error {
  readonly code = "wrong_state";

  constructor(message: string) {
    super(message);
    this.name = "BatchStateError";
  }
}
