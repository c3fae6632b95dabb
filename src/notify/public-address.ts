import type { LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";

/**
 * Addresses that are unicast by their range and still lead inside. Azure's is every machine's own platform, and
 * not link-local as those of the other clouds are.
 *
 * @see https://learn.microsoft.com/en-us/azure/virtual-network/what-is-ip-address-168-63-129-16
 */
const platformAddresses: ReadonlySet<string> = new Set(["168.63.129.16"]);

/** All of global unicast. Outside it are loopback, private networks and IPv4 written as `::1.2.3.4`. @see RFC 4291, 2.4 */
const globalUnicast = ipaddr.IPv6.parseCIDR("2000::/3");

/**
 * Whether an IP address is one of the public internet: the one definition, for what is sent and for what
 * `perch doctor` says of it.
 *
 * IPv4 inside IPv6 (mapped, compatible, translated, NAT64, 6to4, Teredo) is never public, whatever it holds:
 * whether it is, only the gateway knows.
 */
export const isPublicAddress = (address: string): boolean => {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== "unicast") return false;
  return parsed instanceof ipaddr.IPv6
    ? parsed.match(globalUnicast)
    : !platformAddresses.has(parsed.toString());
};

/** A name or address leads where nothing is sent. */
export class PrivateAddressError extends Error {
  readonly code = "private_address";

  constructor() {
    super("The host leads to a private, loopback or link-local address.");
    this.name = "PrivateAddressError";
  }
}

/** Resolves a name, and refuses it when one of its addresses is not public: which of them is connected to, nobody knows. */
export const publicLookup =
  (resolve: LookupFunction): LookupFunction =>
  (hostname, options, callback) =>
    resolve(hostname, options, (error, found, family) => {
      const addresses = typeof found === "string" ? [found] : (found ?? []).map(({ address }) => address);
      if (error === null && !addresses.every(isPublicAddress)) callback(new PrivateAddressError(), [], 0);
      else callback(error, found, family);
    });
