/** There is no install with this id: it never existed, or its retention is over. */
export class InstallNotFoundError extends Error {
  /** Stays the same; branch on it or on `instanceof`. */
  readonly code = "install_not_found";

  constructor(installId: string) {
    super(`There is no install ${installId}: check the id; ended installs are kept for RETENTION_MS.`);
    this.name = "InstallNotFoundError";
  }
}

/** The install is not in a state that allows this. */
export class InstallStateError extends Error {
  /** Stays the same; branch on it or on `instanceof`. */
  readonly code = "wrong_state";

  constructor(message: string) {
    super(message);
    this.name = "InstallStateError";
  }
}

/** The install's connector is owned by another install. */
export class ConnectorOfAnotherInstallError extends Error {
  /** Stays the same; branch on it or on `instanceof`. */
  readonly code = "connector_of_another_install";
  /** The install that has it. */
  readonly ownerId: string;

  constructor(connectorId: string, ownerId: string) {
    super(
      `Connector ${connectorId} belongs to install ${ownerId} by now: look at that one, and act on it instead.`,
    );
    this.name = "ConnectorOfAnotherInstallError";
    this.ownerId = ownerId;
  }
}

/** An idempotency key came again with another request. */
export class IdempotencyKeyReusedError extends Error {
  /** Stays the same; branch on it or on `instanceof`. */
  readonly code = "idempotency_key_reused";
  /** Names of the members that differ, never their values. */
  readonly fields: readonly string[];

  constructor(fields: readonly string[]) {
    super(
      `The idempotency key was used before with another ${fields.join(", ")}: use a new key for a new request.`,
    );
    this.name = "IdempotencyKeyReusedError";
    this.fields = fields;
  }
}

/** The install has not ended within the timeout. It continues; wait again with the same id. */
export class WaitTimeoutError extends Error {
  /** Stays the same; branch on it or on `instanceof`. */
  readonly code = "wait_timeout";

  constructor(installId: string) {
    super(`Install ${installId} has not ended yet: wait again or look at its status.`);
    this.name = "WaitTimeoutError";
  }
}

/** There is no batch with this id, or not any more. */
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
