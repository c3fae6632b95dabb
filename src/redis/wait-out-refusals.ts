import type { Command } from "ioredis";
import { type RedisFault, type RedisFaultKind, redisFaultOf } from "./errors.ts";

/** What of a connection is changed; one to a cluster is alike. */
interface Connection {
  sendCommand(command: Command, ...rest: readonly unknown[]): unknown;
  duplicate(...args: readonly unknown[]): object;
}

/** The refusals of one connection and its duplicates. */
interface Refusals {
  /** Calls the listener for each refusal that is waited out or reported late. @returns a function that removes it. */
  onRefused(listener: (fault: RedisFault) => void): () => void;
  /** Sends a command that rejects immediately when refused. */
  sendAtOnce(command: Command): unknown;
  /** Makes all refusals reject immediately, for a process that stops. */
  endWaiting(): void;
}

/**
 * Refusals after which the same command may be sent again: Redis checks for them before a command or a script has
 * written anything, and lets a script that has written come to its end. Of a forbidden command inside a script that
 * is not so, but scripts are sent again after such a pause that people look at it first.
 */
const pausesMs: Readonly<Partial<Record<RedisFaultKind, number>>> = {
  full: 500,
  read_only: 500,
  loading: 500,
  no_master: 500,
  cluster_down: 500,
  not_persisted: 500,
  too_few_replicas: 500,
  busy: 500,
  forbidden: 10_000,
  wrong_password: 5000,
};

/** What a connection says while it is set up; that fails for the one who connects. And what is said to end it. */
const ofTheConnection: ReadonlySet<string> = new Set([
  ...["auth", "hello", "select", "client", "readonly", "info", "ping", "cluster", "config", "quit"],
]);
/** Their callers have their own time-outs, so they are not sent again: the refusal is only reported late. */
const blocking: ReadonlySet<string> = new Set(["bzpopmin", "xread", "xreadgroup", "blpop", "brpop"]);

const known = new WeakMap<object, Refusals>();

/** The refusals of a connection that was opened to wait; undefined for any other. */
export const refusalsOf = (client: object): Refusals | undefined => known.get(client);

/**
 * Lets a connection wait out what Redis refuses for now (it is full, a replica, loading, …) as it waits while Redis is
 * unreachable: the command is sent again until it is accepted. So nothing that a worker has in hand fails by that, an
 * acknowledged create is written down as soon as Redis takes writes, and no loop spins on refusals.
 *
 * A command's `reject` is put off, as ioredis itself does when it follows a cluster's redirections. Commands of
 * pipelines and transactions are left alone: only all of them together could be sent again.
 */
export const waitOutRefusals = (client: object): void => {
  const listeners = new Set<(fault: RedisFault) => void>();
  let isEnded = false;
  /** Those that wait at this moment. */
  const waiting = new Set<() => void>();

  const later = (run: () => void, pauseMs: number): void => {
    const go = (): void => {
      clearTimeout(timer);
      waiting.delete(go);
      run();
    };
    const timer = setTimeout(go, pauseMs * (0.5 + Math.random()));
    waiting.add(go);
  };

  const refused = (fault: RedisFault): void => {
    for (const listener of listeners) listener(fault);
  };

  const patient = (connection: object): void => {
    if (!isConnection(connection)) throw new TypeError("a connection sends commands");
    const send = connection.sendCommand.bind(connection);
    const duplicate = connection.duplicate.bind(connection);
    const seen = new WeakSet<Command>();
    connection.sendCommand = (command, ...rest) => {
      const isAlone = rest.length === 0 || rest[0] === undefined;
      if (isAlone && !seen.has(command) && !ofTheConnection.has(command.name.toLowerCase())) {
        seen.add(command);
        const reject = command.reject;
        command.reject = (error) => {
          const fault = redisFaultOf(error);
          const pauseMs = fault && pausesMs[fault.kind];
          if (fault === undefined || pauseMs === undefined || isEnded) return reject.call(command, error);
          refused(fault);
          const isBlocking = blocking.has(command.name.toLowerCase());
          later(() => (isBlocking || isEnded ? reject.call(command, error) : void send(command)), pauseMs);
        };
      }
      return send(command, ...rest);
    };
    connection.duplicate = (...args) => {
      const copy = duplicate(...args);
      patient(copy);
      return copy;
    };
  };
  const sendAtOnce = isConnection(client) ? client.sendCommand.bind(client) : undefined;
  patient(client);
  known.set(client, {
    sendAtOnce: (command) => sendAtOnce?.(command),
    onRefused: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    endWaiting: () => {
      isEnded = true;
      for (const go of [...waiting]) go();
    },
  });
};

const isConnection = (client: object): client is Connection =>
  "sendCommand" in client && typeof client.sendCommand === "function" && "duplicate" in client;
