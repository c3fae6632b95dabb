import { z } from "zod";

/** A field Bird may leave out or send as null. */
const optional = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform((value) => value ?? undefined);

/**
 * Bird's connector, as far as Perch reads it. Unknown members pass.
 *
 * `channel` is absent until the channel exists. `arguments` are probably echoed from the create, which is
 * not promised, so every member of them is optional.
 *
 * @see https://docs.bird.com/api/channels-api/api-reference/channel-connectors
 */
export const connectorSchema = z.object({
  id: z.string().min(1),
  name: optional(z.string()),
  arguments: optional(
    z.object({
      wabaId: optional(z.string()),
      phoneId: optional(z.string()),
      phoneNumber: optional(z.string()),
    }),
  ),
  channel: optional(z.object({ channelId: optional(z.string()) })),
  number: optional(z.object({ phoneNumber: optional(z.string()) })),
});

export type Connector = z.infer<typeof connectorSchema>;

/** One page of connectors. A missing `nextPageToken` is the end of the list. */
export const connectorPageSchema = z.object({
  results: z.array(connectorSchema),
  nextPageToken: optional(z.string()),
});

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
