import { type Command, Redis } from "ioredis";
import type { RedisClient } from "./client.ts";
import { redisFaultOf } from "./errors.ts";

/**
 * Lets a connection that does not wait say why it cannot write: ioredis holds commands back while Redis loads its data
 * and while it refuses the connection itself (its password, its user, one more client), and of those that may not
 * wait says only that the stream is not writeable.
 */
export const nameRefusals = (client: RedisClient): void => {
  if (!(client instanceof Redis)) return;
  const send = client.sendCommand.bind(client);
  /** What Redis said to the attempt to connect before; an error of the network says nothing more than ioredis does. */
  let refusal: Error | undefined;
  client.on("error", (error) => {
    const kind = redisFaultOf(error)?.kind;
    if (kind !== undefined) refusal = kind === "unreachable" || kind === "timeout" ? undefined : error;
  });
  client.on("ready", () => {
    refusal = undefined;
  });
  client.sendCommand = (command: Command, stream) => {
    if (client.status !== "ready") {
      const reject = command.reject;
      // Connected, but not ready: apart from the moment in which a connection is set up, that is while Redis loads.
      const isLoading = client.status === "connect";
      command.reject = (cause) => {
        const isNotWriteable = cause.message.startsWith("Stream isn't writeable");
        const said = refusal?.message ?? (isLoading ? loading : undefined);
        reject.call(command, isNotWriteable && said !== undefined ? new Error(said, { cause }) : cause);
      };
    }
    return send(command, stream);
  };
};

const loading = "LOADING Redis is loading the dataset in memory";
