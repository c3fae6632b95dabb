import { requestMembers } from "../../install/request.ts";

const shownMax = 3;
const containedLengthMin = 4;
/** Names further apart than this are not taken for each other. */
const farthest = 0.5;

/** The known names closest to a mistyped one, nearest first, at most three. */
export const closeNames = (name: string, known: readonly string[]): readonly string[] => {
  const wanted = foldName(name);
  return known
    .map((candidate) => ({ candidate, distance: distanceOf(wanted, foldName(candidate)) }))
    .filter(({ distance }) => distance <= farthest)
    .sort(
      (a, b) => isIdAlike(wanted, b.candidate) - isIdAlike(wanted, a.candidate) || a.distance - b.distance,
    )
    .slice(0, shownMax)
    .map(({ candidate }) => candidate);
};

/** 1 when both end in "id": an id in the column of a number may pass for a number. */
const isIdAlike = (wanted: string, candidate: string): number =>
  wanted.endsWith("id") && candidate.endsWith("Id") ? 1 : 0;

/** Distance from 0 (equal) to 1 (nothing in common); halved when one name contains the other. */
const distanceOf = (a: string, b: string): number => {
  const share = editDistance(a, b) / Math.max(a.length, b.length, 1);
  const isContained = Math.min(a.length, b.length) >= containedLengthMin && (a.includes(b) || b.includes(a));
  return isContained ? share / 2 : share;
};

/** Levenshtein's distance, one row of the matrix at a time. */
const editDistance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [at, character] of [...a].entries()) {
    const next = [at + 1];
    for (const [index, other] of [...b].entries()) {
      const substituted = (row[index] ?? 0) + (character === other ? 0 : 1);
      next.push(Math.min(substituted, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
};

/** Normalizes a column's name for comparison: only letters and digits count, without their case. */
export const foldName = (name: string): string =>
  name
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, "");

/** Other names of members, folded: those of Meta's API and dialogs, of Bird's, and what people call them. */
const aliases: Readonly<Record<string, string>> = {
  workspace: "workspaceId",
  birdworkspace: "workspaceId",
  birdworkspaceid: "workspaceId",
  verifiedname: "name",
  displayname: "name",
  businessname: "name",
  connectorname: "name",
  waba: "wabaId",
  whatsappbusinessaccountid: "wabaId",
  whatsappbusinessid: "wabaId",
  businessaccountid: "wabaId",
  whatsappaccountid: "wabaId",
  phonenumberid: "phoneId",
  businessphonenumberid: "phoneId",
  displayphonenumberid: "phoneId",
  whatsappphonenumberid: "phoneId",
  whatsappphoneid: "phoneId",
  whatsappnumberid: "phoneId",
  metaphoneid: "phoneId",
  metaphonenumberid: "phoneId",
  phone: "phoneNumber",
  displayphonenumber: "phoneNumber",
  businessphonenumber: "phoneNumber",
  businessphone: "phoneNumber",
  whatsappnumber: "phoneNumber",
  whatsappphonenumber: "phoneNumber",
  msisdn: "phoneNumber",
  token: "accessToken",
  longlivedtoken: "accessToken",
  longlivedaccesstoken: "accessToken",
  useraccesstoken: "accessToken",
  systemuseraccesstoken: "accessToken",
  systemusertoken: "accessToken",
  businesstoken: "accessToken",
  businessaccesstoken: "accessToken",
  businessintegrationsystemuseraccesstoken: "accessToken",
  birdphoneid: "mbPhoneId",
  messagebirdphoneid: "mbPhoneId",
};

const membersByAlias = new Map(Object.entries(aliases));
const membersByName = new Map(requestMembers.map((member) => [foldName(member), member]));

/** Members that a column of another name may hold, the most likely first, at most three; other names of members count too. */
export const suggestMembers = (name: string): readonly string[] => {
  const wanted = foldName(name);
  const nearest = new Map<string, number>();
  for (const [known, member] of [...membersByName, ...membersByAlias]) {
    const distance = distanceOf(wanted, known);
    if (distance <= farthest && distance < (nearest.get(member) ?? 1)) nearest.set(member, distance);
  }
  return [...nearest]
    .sort(([a, nearA], [b, nearB]) => isIdAlike(wanted, b) - isIdAlike(wanted, a) || nearA - nearB)
    .slice(0, shownMax)
    .map(([member]) => member);
};

/** The member of this name, in any writing; undefined for another one. */
export const memberByName = (name: string): string | undefined => membersByName.get(foldName(name));

/**
 * The member in each column. A mapped name means what the map says; another name of a member counts only where no column
 * has the member's own name.
 */
export const membersOf = (
  names: readonly string[],
  map: ReadonlyMap<string, string>,
): readonly (string | undefined)[] => {
  const folded = names.map(foldName);
  const known = folded.map((name) => map.get(name) ?? membersByName.get(name));
  const named = new Set(known);
  return folded.map((name, column) => {
    const alias = known[column] ?? membersByAlias.get(name);
    return known[column] === undefined && named.has(alias) ? undefined : alias;
  });
};
