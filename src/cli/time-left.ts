const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** A time that is only guessed, in the words of people: "about 3 min left". */
export const timeLeft = (etaMs: number): string => {
  if (etaMs < 5000) return "a few seconds left";
  if (etaMs < 55_000) return `about ${Math.ceil(etaMs / 10_000) * 10} s left`;
  const minutes = Math.round(etaMs / minuteMs);
  if (minutes < 60) return `about ${Math.max(1, minutes)} min left`;
  if (etaMs < dayMs) {
    const hours = Math.floor(minutes / 60);
    const rest = Math.round((minutes % 60) / 10) * 10;
    if (rest === 60) return `about ${hours + 1} h left`;
    return rest === 0 ? `about ${hours} h left` : `about ${hours} h ${rest} min left`;
  }
  const days = Math.round(etaMs / dayMs);
  return `about ${days} day${days === 1 ? "" : "s"} left`;
};
