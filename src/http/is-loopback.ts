import { isIPv4 } from "node:net";

/** Whether a host name or address can only mean this machine. Square brackets around IPv6 are fine. */
export const isLoopback = (host: string): boolean => {
  const name = host.toLowerCase();
  return (
    name === "localhost" || name === "::1" || name === "[::1]" || (isIPv4(name) && name.startsWith("127."))
  );
};
