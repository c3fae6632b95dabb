import { isLoopback } from "../http/is-loopback.ts";

/**
 * Whether a page of an origin may use the service: its own page, and pages of hosts that links may send customers back to,
 * which have `connect.js` in them. On this machine each loopback name at the service's port is its own page.
 */
export const createIsAllowedOrigin = ({
  publicUrl,
  embedHosts,
}: {
  readonly publicUrl: () => string;
  readonly embedHosts: readonly string[];
}): ((origin: string | undefined) => boolean) => {
  const isOwn = (origin: URL): boolean => {
    const own = new URL(publicUrl());
    if (origin.origin === own.origin) return true;
    const areLoopback = isLoopback(own.hostname) && isLoopback(origin.hostname);
    return areLoopback && own.protocol === origin.protocol && own.port === origin.port;
  };
  return (text) => {
    const origin = text === undefined ? null : URL.parse(text);
    if (origin === null || origin.origin !== text) return false;
    return isOwn(origin) || (origin.protocol === "https:" && embedHosts.includes(origin.host));
  };
};
