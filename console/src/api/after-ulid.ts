const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** The id that follows this one, so that a page that begins before it begins with this one. */
export const afterUlid = (id: string): string => {
  const last = digits.indexOf(id.slice(-1));
  if (last < digits.length - 1) return `${id.slice(0, -1)}${digits[last + 1]}`;
  return `${afterUlid(id.slice(0, -1))}0`;
};
