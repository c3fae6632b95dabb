import { once } from "node:events";
import { connect } from "node:net";

/** What a Redis is sent, by all its clients. */
export interface RedisMonitor extends AsyncDisposable {
  /** One line a command, inside scripts too, as MONITOR prints it. */
  lines(): readonly string[];
}

/** Listens to a Redis of the test's own at a socket. ioredis's monitor breaks when its MONITOR is not answered alone. */
export const monitorRedis = async (redisUrl: string): Promise<RedisMonitor> => {
  const socket = connect(redisUrl.replace("unix://", ""));
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  socket.write("MONITOR\r\n");
  while (!text.startsWith("+OK")) await once(socket, "data");
  return {
    lines: () => text.split("\r\n").slice(1, -1),
    [Symbol.asyncDispose]: async () => void socket.destroy(),
  };
};
