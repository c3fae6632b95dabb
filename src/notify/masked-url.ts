/** A URL for the log: without its query, which may hold a secret. */
export const maskedUrl = (text: string): string => {
  const url = URL.parse(text);
  if (url === null) return "(unreadable)";
  return `${url.origin}${url.pathname}${url.search === "" ? "" : "?…"}`;
};
