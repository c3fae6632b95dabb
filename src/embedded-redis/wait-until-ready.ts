import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { hasErrorCode } from "./errors.ts";

const pollMs = 10;
const defaultMaxQuietMs = 20_000;

/**
 * Waits for the server behind a socket to work, as long as it takes to load its data.
 *
 * @param isAlive whether a server that does not listen (yet) is running
 * @returns `ready`; `gone` when no server listens and none runs; `silent` when one runs but did not answer for `maxQuietMs`
 */
export async function waitUntilReady(options: {
  readonly socketPath: string;
  readonly isAlive: () => boolean | Promise<boolean>;
  readonly log: (message: string) => void;
  /** Default 20 s, since a busy machine may take seconds to start a process. */
  readonly maxQuietMs?: number;
}): Promise<"ready" | "gone" | "silent"> {
  const { maxQuietMs = defaultMaxQuietMs } = options;
  let lastSignAtMs = performance.now();
  let isLoading = false;
  while (performance.now() - lastSignAtMs < maxQuietMs) {
    const answer = await pingServer(options.socketPath);
    if (answer === "ready") return "ready";
    if (answer === "absent" && !(await options.isAlive())) return "gone";
    if (answer === "loading") {
      lastSignAtMs = performance.now();
      if (!isLoading) options.log("Redis is loading its data ...");
      isLoading = true;
    }
    await sleep(pollMs);
  }
  return "silent";
}

const replyTimeoutMs = 1_000;

/**
 * Pings the server behind a socket.
 *
 * - `ready`: it answers.
 * - `loading`: it reads its data and answers everything with `-LOADING`.
 * - `silent`: a process holds the socket but does not answer within a second.
 * - `absent`: no process listens; a dead server's socket file counts as none.
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

/** Reads the `run_id` of a ready server, which is new at each start; undefined when it does not answer. */
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
