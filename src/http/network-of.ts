import { isIPv6 } from "node:net";

/** An IPv4 address, or of an IPv6 address the network of 64 bits that one customer has to themselves. */
export const networkOf = (address: string): string => {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address) || address.includes(".")) return address;
  const [head = "", tail] = address.split("::");
  const [first, last] = [head, tail ?? ""].map((part) => part.split(":").filter(Boolean));
  const groups = [...(first ?? []), ...(last ?? [])];
  const zeros = Array.from({ length: tail === undefined ? 0 : 8 - groups.length }, () => "0");
  return [...(first ?? []), ...zeros, ...(last ?? [])].slice(0, 4).join(":");
};
