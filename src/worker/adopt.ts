import type { BindConnector } from "./bind-connector.ts";
import type { Run, Step } from "./run.ts";

/** Takes over the first of these connectors that belongs to no other install; undefined when none does. */
export type Adopt = (run: Run, connectorIds: readonly string[]) => Promise<Step | undefined>;

/** Adopts a connector that exists already instead of creating a second one. */
export const createAdopt =
  (deps: { readonly bindConnector: BindConnector }): Adopt =>
  async (run, connectorIds) => {
    for (const connectorId of connectorIds) {
      const step = await deps.bindConnector(run, {
        connectorId,
        isAdopted: true,
      });
      if (step !== undefined) return step;
    }
    return undefined;
  };
