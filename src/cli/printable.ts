/** Text that cannot steer a terminal: control characters and changes of writing direction become spaces. */
export const printable = (text: string): string =>
  text.replaceAll(/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, " ");
