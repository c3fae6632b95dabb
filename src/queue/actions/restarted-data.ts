import { InstallStateError } from "../../install/errors/errors.ts";
import { InputError } from "../../install/errors/input-error.ts";
import type { Install } from "../../install/install.ts";
import type { InstallChange } from "../../install/request.ts";
import {
  type InstallData,
  installDataSchema,
  isOnlySuspected,
  type StoredRequest,
} from "../installs/data.ts";
import { type Seal, type Secrets, UnsealError } from "../secrets/seal.ts";

/** Members a connector that exists was made with: they can only be changed with a new connector. */
const connectorMembers = [
  "name",
  "wabaId",
  "phoneId",
  "phoneNumber",
  "mbPhoneId",
  "channelConversationalStatusEnabled",
] as const;

/** The data an install starts again with: what it knows of Bird stays, what it counted starts from zero. */
export const restartedData = async (
  seal: Seal,
  install: Install,
  before: InstallData,
  change: InstallChange,
  nowMs: number,
): Promise<InstallData> => {
  const { accessToken, invitationToken, ...members } = change;
  const { requestedBy, connect, batchId, row, failure, sealedSigningKey } = before;
  const retries = (before.retries ?? 0) + 1;
  const common = {
    queuedAtMs: before.queuedAtMs,
    requestedBy,
    connect,
    batchId,
    row,
    failure,
    sealedSigningKey,
    retries,
    request: replaced(before.request, members),
  };
  const { connectorId } = before;
  if (connectorId !== undefined && install.uninstalledAt === undefined) {
    const inTheWay = connectorMembers.filter((name) => change[name] !== undefined);
    if (inTheWay.length > 0) {
      throw new InstallStateError(
        `Connector ${connectorId} exists already, so ${inTheWay.join(", ")} cannot be replaced: uninstall it first.`,
      );
    }
    const waiting = { sinceMs: nowMs };
    return { ...common, connectorId, adopted: before.adopted, waiting, nextActionAtMs: nowMs };
  }
  const box = { installId: install.id, workspaceId: before.request.workspaceId };
  const sealed = await resealed(seal, before.sealed, { box, accessToken, invitationToken });
  const { clean, checkedAtMs } = before;
  // What only Redis may have forgotten is looked up again by the next run.
  const unanswered = isOnlySuspected(before)
    ? undefined
    : before.unanswered && { ...before.unanswered, looks: 0 };
  return { ...common, sealed, clean, checkedAtMs, unanswered };
};

const replaced = (request: StoredRequest, members: object): StoredRequest => {
  const given = Object.entries(members).filter(([, value]) => value !== undefined);
  return installDataSchema.shape.request.parse({ ...request, ...Object.fromEntries(given) });
};

const resealed = async (
  seal: Seal,
  sealed: string | undefined,
  {
    box,
    accessToken,
    invitationToken,
  }: Pick<InstallChange, "accessToken" | "invitationToken"> & {
    readonly box: { readonly installId: string; readonly workspaceId: string };
  },
): Promise<string> => {
  const isReplaced = accessToken !== undefined || invitationToken !== undefined;
  if (sealed !== undefined && !isReplaced) return sealed;
  const known = sealed === undefined ? undefined : await openKnown(seal, sealed, box);
  const token = accessToken ?? known?.accessToken;
  if (token === undefined) {
    const message =
      sealed === undefined
        ? "is needed again: the sealed copy was dropped when the connector was made"
        : "is needed again: the sealed copy cannot be opened";
    throw new InputError([{ path: "/accessToken", message }]);
  }
  return seal.seal({ accessToken: token, invitationToken: invitationToken ?? known?.invitationToken }, box);
};

/** What was sealed before; undefined when it cannot be opened: a retry with new tokens is what mends that. */
const openKnown = async (
  seal: Seal,
  sealed: string,
  box: { readonly installId: string; readonly workspaceId: string },
): Promise<Secrets | undefined> => {
  try {
    return await seal.open(sealed, box);
  } catch (error) {
    if (error instanceof UnsealError) return undefined;
    throw error;
  }
};
