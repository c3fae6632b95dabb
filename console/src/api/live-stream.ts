import { useEffect, useEffectEvent, useState } from "react";

/** Time after which a stream that was refused is asked for again, ms. */
const againMs = 30_000;

/**
 * Follows a server-sent stream while the page is in view: browsers open few connections to one server, and pages out of
 * view would take them from the others.
 *
 * @param options.isOn Whether there is something to follow.
 * @param options.events Names of the events that carry a state.
 * @returns whether states arrive; where they do not, the caller asks by itself.
 */
export const useLiveStream = (
  url: string,
  options: {
    readonly isOn: boolean;
    readonly events: readonly string[];
    readonly onState: (state: unknown) => void;
  },
): boolean => {
  const { isOn, events } = options;
  const [isLive, setLive] = useState(false);
  const take = useEffectEvent((data: string): void => options.onState(JSON.parse(data)));
  const names = events.join(" ");
  useEffect(() => {
    if (!isOn) return;
    let source: EventSource | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = (): void => {
      clearTimeout(timer);
      source?.close();
      source = undefined;
      setLive(false);
    };
    const start = (): void => {
      stop();
      if (document.hidden) return;
      const opened = new EventSource(url);
      source = opened;
      opened.onopen = () => setLive(true);
      opened.onerror = () => {
        setLive(false);
        if (opened.readyState === EventSource.CLOSED) timer = setTimeout(start, againMs);
      };
      for (const name of names.split(" "))
        opened.addEventListener(name, ({ data }: MessageEvent<unknown>) => take(String(data)));
    };
    start();
    document.addEventListener("visibilitychange", start);
    return () => {
      document.removeEventListener("visibilitychange", start);
      stop();
    };
  }, [url, isOn, names]);
  return isLive;
};
