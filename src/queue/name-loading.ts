import { type Command, Redis } from "ioredis";
import type { RedisClient } from "../redis/redis-client.ts";

/**
 * Lets a connection that does not wait say that Redis is loading its data. ioredis notices, holds commands back until
 * that is over, and of those that may not wait says only that it cannot write.
 */
export const nameLoading = (client: RedisClient): void => {
  if (!(client instanceof Redis)) return;
  const send = client.sendCommand.bind(client);
  client.sendCommand = (command: Command, stream) => {
    // Connected, but not ready: apart from the moment in which a connection is set up, that is while Redis loads.
    if (client.status === "connect") {
      const reject = command.reject;
      command.reject = (cause) =>
        reject.call(
          command,
          cause.message.startsWith("Stream isn't writeable")
            ? new Error("LOADING Redis is loading the dataset in memory", { cause })
            : cause,
        );
    }
    return send(command, stream);
  };
};
