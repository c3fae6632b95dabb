import type { ReadResult } from "../../bird/answers.ts";
import type { ConnectorLikeness, Connectors, ListedConnector } from "../../bird/connectors.ts";
import { isSameNumber, toE164 } from "../../install/values/phone-number.ts";
import type { StoredRequest } from "../../queue/installs/data.ts";

/** Pages of 100 walked at most: a workspace with more connectors than that is not one customer's. */
const pagesMax = 100;

/** A connector at Bird and its {@link likeness} to the request. */
interface FoundConnector {
  readonly id: string;
  readonly rank: number;
}

/**
 * Finds the connectors at Bird that match a request, best match first. Bird has no filter for numbers, so all connectors
 * of the template are compared. A possible match without a readable id is skipped; if there is no match by a number, the
 * result is then `unavailable`, because the connector may exist.
 *
 * @param leastLikeness See {@link likeness}: 1 accepts a match by name alone, 2 requires a matching number.
 */
export const findConnectors = async (
  deps: { readonly connectors: Connectors; readonly template: string },
  { request, leastLikeness }: { readonly request: StoredRequest; readonly leastLikeness: 1 | 2 },
): Promise<ReadResult<readonly FoundConnector[]>> => {
  const listed = await listAll(deps, request.workspaceId);
  if (listed.kind !== "found") return listed;
  const ranked = listed.value.flatMap(({ id, ...shown }) => {
    const rank = likeness(shown, request);
    return id === undefined || rank < leastLikeness ? [] : [{ id, rank }];
  });
  const mayBeHidden = listed.value.some(
    ({ id, ...shown }) => id === undefined && !contradicts(shown, request),
  );
  if (mayBeHidden && !ranked.some(({ rank }) => rank > 1))
    return { kind: "unavailable", reason: "a connector in the list cannot be read" };
  return { kind: "found", value: ranked.sort((a, b) => b.rank - a.rank) };
};

/** Every connector of the template, over all pages. */
const listAll = async (
  { connectors, template }: { readonly connectors: Connectors; readonly template: string },
  workspaceId: string,
): Promise<ReadResult<readonly ListedConnector[]>> => {
  const found: ListedConnector[] = [];
  let pageToken: string | undefined;
  for (let page = 0; page < pagesMax; page += 1) {
    const read = await connectors.list(workspaceId, { templateRef: template, pageToken });
    if (read.kind !== "found") return read;
    found.push(...read.value.results);
    pageToken = read.value.nextPageToken;
    if (pageToken === undefined) return { kind: "found", value: found };
  }
  return { kind: "unavailable", reason: "the list of connectors does not end" };
};

/**
 * Rates how well a connector matches a request: 4 by Meta's phone id, 3 by the number in its arguments, 2 by Bird's
 * number, 1 by name alone, 0 not at all. A known value that differs, the WABA id too, excludes weaker matches.
 */
export const likeness = (connector: ConnectorLikeness, request: StoredRequest): number => {
  const { phoneId, wabaId, phoneNumber } = connector.arguments ?? {};
  if (phoneId !== undefined) return phoneId === request.phoneId ? 4 : 0;
  if (wabaId !== undefined && wabaId !== request.wabaId) return 0;
  if (phoneNumber !== undefined) return isSameNumber(phoneNumber, request.phoneNumber) ? 3 : 0;
  const birdNumber = connector.number?.phoneNumber;
  if (birdNumber !== undefined) return isSameNumber(birdNumber, request.phoneNumber) ? 2 : 0;
  return connector.name === request.name ? 1 : 0;
};

/** Whether a value the connector shows differs from the request. Values it does not show are ignored. */
export const contradicts = (
  { arguments: made, number }: ConnectorLikeness,
  request: StoredRequest,
): boolean => {
  const { phoneId, wabaId, phoneNumber } = made ?? {};
  if (phoneId !== undefined) return phoneId !== request.phoneId;
  return (
    (wabaId !== undefined && wabaId !== request.wabaId) ||
    [phoneNumber, number?.phoneNumber].some((shown) => isOtherNumber(shown, request.phoneNumber))
  );
};

/** A text that is no number says nothing. */
const isOtherNumber = (shown: string | undefined, own: string): boolean =>
  shown !== undefined && toE164(shown) !== undefined && !isSameNumber(shown, own);
