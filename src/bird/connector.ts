import { z } from "zod";
import { listOf, member, pageToken, text } from "../install/lenient.ts";
import { isOutsideId } from "../install/outside-id.ts";

/**
 * Bird's connector, as far as Perch reads it. Unknown members pass; every member but the id is read by itself, so
 * that one Perch does not need spoils none that it needs.
 *
 * `channel` is absent until the channel exists. `arguments` are probably echoed from the create, which is
 * not promised.
 *
 * @see https://docs.bird.com/api/channels-api/api-reference/channel-connectors
 */
const knownMembers = {
  name: text,
  arguments: member(z.object({ wabaId: text, phoneId: text, phoneNumber: text })),
  channel: member(z.object({ channelId: text })),
  number: member(z.object({ phoneNumber: text })),
};

export const connectorSchema = z.object({ id: z.string().refine(isOutsideId), ...knownMembers });

/** A connector of a list, whose id may be one that Perch cannot use. */
const listedSchema = z.object({ id: member(z.string().refine(isOutsideId)), ...knownMembers });

export type Connector = z.infer<typeof connectorSchema>;

export type ListedConnector = z.infer<typeof listedSchema>;

/** What tells whose connector it is. */
export type ConnectorLikeness = Omit<Connector, "id">;

/** One page of connectors. A missing `nextPageToken` is the end of the list. */
export const connectorPageSchema = z.object({ results: listOf(listedSchema), nextPageToken: pageToken });

/** The body of a create. Closed at Bird's side: a member not named here would be refused with 422. */
export interface ConnectorCreate {
  readonly name: string;
  readonly connectorTemplateRef: string;
  readonly arguments: {
    readonly wabaId: string;
    readonly phoneId: string;
    readonly phoneNumber: string;
    readonly mbPhoneId?: string | undefined;
  };
  readonly securityArguments: { readonly oauth: { readonly accessToken: string } };
  readonly channelConversationalStatusEnabled?: boolean | undefined;
  readonly invitationToken?: string | undefined;
}
