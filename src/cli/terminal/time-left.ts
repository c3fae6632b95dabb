const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** An estimated time left: "about 3 min left". */
export const timeLeft = (etaMs: number): string => `${duration(etaMs)} left`;

/** An estimated duration: "about 3 min". */
export const duration = (ms: number): string => {
  if (ms < 5000) return "a few seconds";
  if (ms < 55_000) return `about ${Math.ceil(ms / 10_000) * 10} s`;
  const minutes = Math.round(ms / minuteMs);
  if (minutes < 60) return `about ${Math.max(1, minutes)} min`;
  if (ms < dayMs) {
    const hours = Math.floor(minutes / 60);
    const rest = Math.round((minutes % 60) / 10) * 10;
    if (rest === 60) return `about ${hours + 1} h`;
    return rest === 0 ? `about ${hours} h` : `about ${hours} h ${rest} min`;
  }
  const days = Math.round(ms / dayMs);
  return `about ${days} day${days === 1 ? "" : "s"}`;
};
