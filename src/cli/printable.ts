/** Text that cannot steer a terminal: control characters and changes of writing direction become spaces. */
export const printable = (text: string): string =>
  text.replaceAll(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, " ");
