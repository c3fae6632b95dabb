import type { Connector } from "../bird/connector.ts";
import type { Connectors } from "../bird/connectors.ts";
import type { ReadResult } from "../bird/read-result.ts";
import { toE164 } from "../install/phone-number.ts";
import type { StoredRequest } from "../queue/install-data.ts";

/** Pages of 100 walked at most: a workspace with more connectors than that is not one customer's. */
const pagesMax = 100;

/**
 * Connectors at Bird that are this request's, the surest first. Bird has no filter for numbers, so all
 * connectors of the template are compared.
 *
 * @param leastLikeness See {@link likeness}: 1 takes a name alone as a sign, 2 wants a number that agrees.
 */
export const findConnectors = async (
  deps: { readonly connectors: Connectors; readonly template: string },
  { request, leastLikeness }: { readonly request: StoredRequest; readonly leastLikeness: 1 | 2 },
): Promise<ReadResult<readonly string[]>> => {
  const ranked: { readonly id: string; readonly rank: number }[] = [];
  let pageToken: string | undefined;
  for (let page = 0; page < pagesMax; page += 1) {
    const read = await deps.connectors.list(request.workspaceId, { templateRef: deps.template, pageToken });
    if (read.kind !== "found") return read;
    for (const connector of read.value.results) {
      const rank = likeness(connector, request);
      if (rank >= leastLikeness) ranked.push({ id: connector.id, rank });
    }
    pageToken = read.value.nextPageToken;
    if (pageToken === undefined) break;
  }
  if (pageToken !== undefined) return { kind: "unavailable", reason: "the list of connectors does not end" };
  return { kind: "found", value: ranked.sort((a, b) => b.rank - a.rank).map(({ id }) => id) };
};

/**
 * How surely a connector is the request's: 4 by Meta's phone id, 3 by the number it was given, 2 by Bird's number,
 * 1 by name alone, 0 not at all. Whatever is known and differs, the WABA too, rules the weaker signs out.
 */
export const likeness = (connector: Connector, request: StoredRequest): number => {
  const { phoneId, wabaId, phoneNumber } = connector.arguments ?? {};
  if (phoneId !== undefined) return phoneId === request.phoneId ? 4 : 0;
  if (wabaId !== undefined && wabaId !== request.wabaId) return 0;
  if (phoneNumber !== undefined) return toE164(phoneNumber) === request.phoneNumber ? 3 : 0;
  const birdNumber = connector.number?.phoneNumber;
  if (birdNumber !== undefined) return toE164(birdNumber) === request.phoneNumber ? 2 : 0;
  return connector.name === request.name ? 1 : 0;
};
