import { connect } from "node:net";
import { hasErrorCode } from "./has-error-code.ts";

const replyTimeoutMs = 1_000;

/**
 * Asks the server behind a socket whether it works.
 *
 * - `ready`: it answers.
 * - `loading`: it reads its data and answers everything with `-LOADING`.
 * - `silent`: somebody holds the socket but does not answer within a second.
 * - `absent`: nobody listens; a socket file left by a dead server counts as nobody.
 */
type PingAnswer = "ready" | "loading" | "silent" | "absent";

/** Sends an inline `PING` (https://redis.io/docs/latest/develop/reference/protocol-spec/#inline-commands). */
export function pingServer(socketPath: string): Promise<PingAnswer> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    const settle = (answer: PingAnswer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(replyTimeoutMs, () => settle("silent"));
    socket.once("connect", () => socket.write("PING\r\n"));
    socket.once("data", (reply) => settle(reply.toString().startsWith("-LOADING") ? "loading" : "ready"));
    socket.once("error", (error) =>
      settle(hasErrorCode(error, "ENOENT", "ECONNREFUSED", "ENOTSOCK") ? "absent" : "silent"),
    );
    socket.once("close", () => settle("silent"));
  });
}

/** Asks a server that is ready for its `run_id`, which each start makes anew; undefined when it does not answer. */
export function readRunId(socketPath: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    let text = "";
    const settle = (runId?: string) => {
      socket.destroy();
      resolve(runId);
    };
    socket.setTimeout(replyTimeoutMs, () => settle());
    socket.once("connect", () => socket.write("INFO server\r\n"));
    socket.on("data", (part) => {
      text += part.toString();
      const [, runId] = /^run_id:(\w+)\r$/m.exec(text) ?? [];
      if (runId !== undefined) settle(runId);
    });
    socket.once("error", () => settle());
    socket.once("close", () => settle());
  });
}
