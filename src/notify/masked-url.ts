/** A URL for the log: where it leads, without path and query, which are the secret of many a receiver. */
export const maskedUrl = (text: string): string => {
  const url = URL.parse(text);
  if (url === null) return "(unreadable)";
  return url.pathname === "/" && url.search === "" ? `${url.origin}/` : `${url.origin}/…`;
};
