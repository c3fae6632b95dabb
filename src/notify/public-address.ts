import type { LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";

/**
 * Unicast addresses that are internal. Azure's is the platform of each machine, and not link-local like those of the other
 * clouds.
 *
 * @see https://learn.microsoft.com/en-us/azure/virtual-network/what-is-ip-address-168-63-129-16
 */
const platformAddresses: ReadonlySet<string> = new Set(["168.63.129.16"]);

/** All of global unicast. Not in it: loopback, private networks and IPv4 written as `::1.2.3.4`. @see RFC 4291, 2.4 */
const globalUnicast = ipaddr.IPv6.parseCIDR("2000::/3");

/**
 * Whether an IP address is a public one. Deliveries and `perch doctor` share this definition.
 *
 * IPv4 inside IPv6 (mapped, compatible, translated, NAT64, 6to4, Teredo) never counts as public, because only the
 * gateway knows where it leads.
 */
export const isPublicAddress = (address: string): boolean => {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== "unicast") return false;
  return parsed instanceof ipaddr.IPv6
    ? parsed.match(globalUnicast)
    : !platformAddresses.has(parsed.toString());
};

/** Thrown for a name or address to which nothing may be sent. */
export class PrivateAddressError extends Error {
  readonly code = "private_address";

  constructor() {
    super("The host leads to a private, loopback or link-local address.");
    this.name = "PrivateAddressError";
  }
}

/** Resolves a name, and refuses it when one of its addresses is not public, because any of them may be connected to. */
export const publicLookup =
  (resolve: LookupFunction): LookupFunction =>
  (hostname, options, callback) =>
    resolve(hostname, options, (error, found, family) => {
      const addresses = typeof found === "string" ? [found] : (found ?? []).map(({ address }) => address);
      if (error === null && !addresses.every(isPublicAddress)) callback(new PrivateAddressError(), [], 0);
      else callback(error, found, family);
    });
