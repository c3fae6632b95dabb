/** A URL for the log: its origin, without path and query, which many receivers use as a secret. */
export const maskedUrl = (text: string): string => {
  const url = URL.parse(text);
  if (url === null) return "(unreadable)";
  return url.pathname === "/" && url.search === "" ? `${url.origin}/` : `${url.origin}/…`;
};
