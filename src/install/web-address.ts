/**
 * Whether a text is a whole http or https address, with nothing in it that may not be shown. `https:host` is none,
 * though URL parsers read it as one, and neither is one with a user name or password: addresses are logged.
 */
export const isWebAddress = (text: string): boolean => {
  if (!/^https?:\/\/[^/\\?#@]/i.test(text) || /[\s\p{Cc}\\]/u.test(text)) return false;
  const url = URL.parse(text);
  return url !== null && url.username === "" && url.password === "" && !/^[^/?#]*@/.test(afterScheme(text));
};

const afterScheme = (text: string): string => text.slice(text.indexOf("//") + 2);
