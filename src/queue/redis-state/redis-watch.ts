import { type RedisFault, type RedisFaultKind, redisFaultOf } from "../../redis/errors.ts";
import type { WriteProbe } from "./write-probe.ts";

/** What of a log is needed here. */
interface Log {
  error(fields: object, message: string): void;
  info(fields: object, message: string): void;
}

/** Keeps the log of a process readable while Redis takes no work. */
interface RedisWatch {
  /** Redis refused something. */
  refused(fault: RedisFault): void;
  /** Looks by itself, for a process that starts: else it is silent until it is asked for something. */
  begin(): void;
  /** Takes any error, of a loop that goes on by itself; one that is not Redis's is logged as what it is. */
  failed(error: Error): void;
  close(): void;
}

/** A time in which Redis takes no work. */
interface Trouble {
  readonly sinceMs: number;
  count: number;
  isSaid: boolean;
}

/** How often the same is said again. */
const repeatMs = 60_000;
/** How often it is looked whether Redis takes work again. */
const lookMs = 1000;
/** Most distinct errors that are logged separately; further ones share one line. */
const kindsMax = 100;

/**
 * Says once that Redis takes no work, again when the reason changes, each reason once a minute at most, and once that it
 * is over: a thousand loops and requests run into the same wall.
 *
 * @param deps.probe Asked every second from the first refusal until Redis takes writes, and otherwise never.
 */
export const createRedisWatch = (deps: {
  readonly probe: WriteProbe;
  readonly log: Log;
  readonly now?: () => number;
}): RedisWatch => {
  const { probe, log, now = () => performance.now() } = deps;
  let trouble: Trouble | undefined;
  /** When each reason was said; it outlives the trouble, so that reasons that come and go by turns fill no log. */
  const saidAtMs = new Map<RedisFaultKind, number>();
  let saidLast: RedisFaultKind | undefined;
  let timer: NodeJS.Timeout | undefined;
  const others = new Map<string, { saidMs: number; count: number }>();

  const lookLater = (): void => {
    timer = setTimeout(look, lookMs);
    timer.unref();
  };

  const look = async (): Promise<void> => {
    const fault = await probe().catch(() => "unknown" as const);
    if (timer === undefined || trouble === undefined) return;
    // A loss says nothing new: to leave a replica, for one, a connection is cut and made again each time it is asked.
    if (fault !== undefined && fault !== "unknown" && !isLoss(fault.kind)) say(fault, trouble);
    if (fault !== undefined) return lookLater();
    const { sinceMs, count, isSaid } = trouble;
    timer = undefined;
    trouble = undefined;
    if (!isSaid) return;
    const seconds = Math.round((now() - sinceMs) / 1000);
    log.info({ reason: saidLast, count, seconds }, "Redis takes work again");
  };

  const say = ({ kind, detail, fix }: RedisFault, during: Trouble): void => {
    const reason = isLoss(kind) ? "unreachable" : kind;
    if (now() - (saidAtMs.get(reason) ?? Number.NEGATIVE_INFINITY) < repeatMs) return;
    saidAtMs.set(reason, now());
    saidLast = kind;
    during.isSaid = true;
    const { count } = during;
    log.error({ reason: kind, detail, fix, count }, "Redis takes no work: Perch waits and goes on by itself");
  };

  const refused = (fault: RedisFault): void => {
    trouble ??= { sinceMs: now(), count: 0, isSaid: false };
    trouble.count += 1;
    if (timer === undefined) lookLater();
    say(fault, trouble);
  };

  const failed = (error: Error): void => {
    const fault = redisFaultOf(error);
    if (fault === undefined) unknown(error);
    else refused(fault);
  };

  const unknown = (error: Error): void => {
    // Numbers and ids differ from one time to the next.
    const key = others.size < kindsMax ? error.message.replaceAll(/[\w-]*\d[\w-]*/g, "#") : "";
    const other = others.get(key) ?? { saidMs: Number.NEGATIVE_INFINITY, count: 0 };
    others.set(key, other);
    other.count += 1;
    if (now() - other.saidMs < repeatMs) return;
    log.error({ reason: error.message, count: other.count }, "a loop of BullMQ failed and goes on");
    other.saidMs = now();
  };

  const begin = async (): Promise<void> => {
    try {
      const fault = await probe();
      if (fault !== undefined) refused(fault);
    } catch (error) {
      if (error instanceof Error) unknown(error);
    }
  };

  return {
    refused,
    begin: () => void begin(),
    failed,
    close: () => {
      clearTimeout(timer);
      timer = undefined;
    },
  };
};

/** What a lost connection says changes from one moment to the next; it is one and the same loss. */
const isLoss = (kind: RedisFaultKind): boolean => kind === "unreachable" || kind === "timeout";
