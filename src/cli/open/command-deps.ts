import type { Config } from "../../config/config.ts";
import type { Logger } from "../../log.ts";

/** What a command needs to open its Redis and its keys. */
export interface CommandDeps {
  readonly config: Config;
  readonly dataDir: string;
  readonly log: Logger;
}
