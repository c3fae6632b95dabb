/** The install is not in a state that allows this. */
export class InstallStateError extends Error {
  readonly code = "wrong_state";

  constructor(message: string) {
    super(message);
    this.name = "InstallStateError";
  }
}

/** The connector, of which something was asked, is owned by another install. */
export class ConnectorOfAnotherInstallError extends Error {
  readonly code = "connector_of_another_install";
  readonly ownerId: string;

  constructor(connectorId: string, ownerId: string) {
    super(
      `Connector ${connectorId} belongs to install ${ownerId} by now: look at that one, and act on it instead.`,
    );
    this.name = "ConnectorOfAnotherInstallError";
    this.ownerId = ownerId;
  }
}
