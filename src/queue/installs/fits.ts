import { type Install, type InstallStatus, isEnded } from "../../install/install.ts";
import { folded } from "../../install/values/search-text.ts";
import type { ListFilter } from "./list.ts";

/** Whether an install matches a filter, whatever led to it. */
export const fits = (install: Install, filter: ListFilter): boolean =>
  hasMembers(install, filter) && hasTexts(install, filter) && isOfTime(install, filter);

const hasMembers = (
  install: Install,
  { status, workspaceId, batchId, connectorId, channelId, errorCode, phoneNumbers, isStuck }: ListFilter,
): boolean => {
  const equal = (wanted: string | undefined, known: string | undefined) =>
    wanted === undefined || wanted === known;
  return (
    equal(status, install.status) &&
    equal(workspaceId, install.workspaceId) &&
    equal(batchId, install.batchId) &&
    equal(connectorId, install.connectorId) &&
    equal(channelId, install.channelId) &&
    equal(errorCode, install.error?.code) &&
    (phoneNumbers === undefined || phoneNumbers.includes(install.phoneNumber)) &&
    (isStuck !== true || !isEnded(install.status))
  );
};

const hasTexts = (install: Install, { name, search }: ListFilter): boolean =>
  (name === undefined || folded(install.name).includes(folded(name))) &&
  (search === undefined || search.isIn(textsOf(install)));

const isOfTime = ({ createdAt }: Install, { sinceMs, untilMs }: ListFilter): boolean => {
  if (sinceMs === undefined && untilMs === undefined) return true;
  const atMs = Date.parse(createdAt);
  return (sinceMs === undefined || atMs >= sinceMs) && (untilMs === undefined || atMs <= untilMs);
};

/** What a search looks at. */
const textsOf = (install: Install): readonly string[] => {
  const { id, name, phoneNumber, phoneId, wabaId, workspaceId, connectorId, channelId, metadata } = install;
  const ids = [connectorId, channelId].filter((each) => each !== undefined);
  return [id, name, phoneNumber, phoneId, wabaId, workspaceId, ...ids, ...Object.values(metadata ?? {})];
};

/** Whether an install has one of some statuses; undefined: any. */
export const isOneOf = ({ status }: Install, statuses: readonly (InstallStatus | undefined)[]): boolean =>
  statuses.some((each) => each === undefined || each === status);
