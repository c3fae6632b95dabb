const whole = new Intl.NumberFormat("en");

/** A count with its thousands set apart. */
export const countText = (count: number): string => whole.format(count);

/** `1 row`, `2,000 rows`. */
export const plural = (count: number, thing: string): string =>
  `${countText(count)} ${thing}${count === 1 ? "" : "s"}`;

/** A share as a percentage; below one only as much as is not zero. */
export const percentText = (part: number, whole: number): string => {
  if (whole === 0) return "0 %";
  const percent = (part / whole) * 100;
  return percent > 0 && percent < 1 ? "< 1 %" : `${Math.floor(percent)} %`;
};
