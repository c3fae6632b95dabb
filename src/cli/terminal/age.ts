const units = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
] as const;

/** Time since a moment in its largest unit: "3d", "2h", "5m", "40s". */
export const ageOf = (iso: string, nowMs: number): string => {
  const ms = Math.max(0, nowMs - Date.parse(iso));
  const [unit, unitMs] = units.find(([, length]) => ms >= length) ?? ["s", 1000];
  return `${Math.floor(ms / unitMs)}${unit}`;
};
