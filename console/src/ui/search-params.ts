/** The parameters of an address with another value of one; an empty one takes it away. */
export const withParam = (before: URLSearchParams, name: string, value: string): URLSearchParams => {
  const next = new URLSearchParams(before);
  if (value === "") next.delete(name);
  else next.set(name, value);
  return next;
};
