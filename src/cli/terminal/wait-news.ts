/** What a command waits for. */
export interface WaitReason {
  readonly text: string;
  /** It never comes by itself. */
  readonly isEndless: boolean;
}

/** Says what a wait is for: after 5 s, and again whenever that changes. */
export interface WaitNews {
  /** Call it often; it looks every few seconds only. @returns the reason when it has looked. */
  check(): Promise<WaitReason | undefined>;
}

/** @param deps.look Reads the reason; undefined while things move. */
export const createWaitNews = (deps: {
  readonly say: (line: string) => void;
  readonly look: () => Promise<WaitReason | undefined>;
  readonly now?: (() => number) | undefined;
  readonly everyMs?: number;
}): WaitNews => {
  const { say, look, now = () => performance.now(), everyMs = 5000 } = deps;
  let lookedAtMs = now();
  let said: string | undefined;
  return {
    check: async () => {
      if (now() - lookedAtMs < everyMs) return undefined;
      lookedAtMs = now();
      const reason = await look();
      if (reason !== undefined && reason.text !== said) say(reason.text);
      said = reason?.text;
      return reason;
    },
  };
};
