import { connectUrl } from "../../api/connect-links.ts";
import { createLinkBody } from "../../api/installs/body.ts";
import { InputError, parseInput } from "../../install/errors/input-error.ts";
import { durationMsOf } from "../../install/values/since.ts";
import type { MakeLink } from "../../queue/links/make-link.ts";
import { exitCode, type Io, issueLine, printJson, printLine, printNote } from "../terminal/io.ts";

export interface ConnectCreateArgs {
  readonly workspace: string;
  readonly name: string;
  readonly birdPhoneId?: string | undefined;
  /** A duration such as `7d`. */
  readonly expiresIn?: string | undefined;
  readonly redirectUrl?: string | undefined;
  readonly callbackUrl?: string | undefined;
  /** Each `name=value`. */
  readonly metadata?: readonly string[] | undefined;
  readonly json: boolean;
}

interface ConnectCreateDeps {
  readonly io: Io;
  readonly makeLink: MakeLink;
  readonly publicUrl: string;
  readonly redirectHosts: readonly string[];
  /** `NOTIFY_ALLOW_PRIVATE`. */
  readonly allowsHttp: boolean;
  readonly requestedBy: string;
}

const optionNames = new Map([
  ["workspaceId", "--workspace"],
  ["name", "--name"],
  ["mbPhoneId", "--bird-phone-id"],
  ["expiresInSeconds", "--expires-in"],
  ["redirectUrl", "--redirect-url"],
  ["callbackUrl", "--callback-url"],
  ["metadata", "--metadata"],
]);

/** `perch connect create`: makes a link for a customer and prints its address, which is shown once. */
export const connectCreateCommand = async (
  deps: ConnectCreateDeps,
  args: ConnectCreateArgs,
): Promise<number> => {
  const { io, makeLink, requestedBy } = deps;
  try {
    const request = parseInput(createLinkBody(deps), {
      workspaceId: args.workspace,
      name: args.name,
      mbPhoneId: args.birdPhoneId,
      redirectUrl: args.redirectUrl,
      callbackUrl: args.callbackUrl,
      metadata: metadataOf(args.metadata),
      expiresInSeconds: secondsOf(args.expiresIn),
    });
    const { link, secret } = await makeLink(request, { requestedBy });
    const { id, status, expiresAt } = link;
    const url = connectUrl(deps.publicUrl, id, secret);
    if (args.json) printJson(io, { id, url, expiresAt, status });
    else {
      printLine(io, url);
      printNote(io, `Link ${id} works until ${expiresAt}. Its address is not shown again.`);
    }
    return exitCode.done;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    for (const issue of error.issues) printNote(io, issueLine(issue, optionNames));
    return exitCode.wrongUsage;
  }
};

const metadataOf = (pairs: readonly string[] | undefined): Record<string, string> | undefined =>
  pairs === undefined
    ? undefined
    : Object.fromEntries(
        pairs.map((pair) => {
          const at = pair.indexOf("=");
          return at === -1 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
        }),
      );

/** Not a number for text that is no duration: the schema refuses it. */
const secondsOf = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  const ms = durationMsOf(text);
  return ms === undefined ? Number.NaN : ms / 1000;
};
