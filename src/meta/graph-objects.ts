import { z } from "zod";
import { listOf, member, text } from "../install/values/lenient.ts";

const secondsSchema = member(z.number());

/**
 * What Meta says of a token. `granular_scopes` name the objects a permission is for; without `target_ids` it is for all.
 *
 * @see https://developers.facebook.com/docs/graph-api/reference/debug_token
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/solution-providers/manage-accounts
 */
export const tokenSchema = z.object({
  data: z
    .object({
      app_id: text,
      application: text,
      type: text,
      is_valid: z.boolean(),
      expires_at: secondsSchema,
      scopes: member(z.array(z.string())),
      granular_scopes: member(
        listOf(z.object({ scope: text, target_ids: member(z.array(z.union([z.string(), z.int()]))) })),
      ),
      error: member(z.object({ code: member(z.int()), subcode: member(z.int()) })),
    })
    .transform((data) => ({
      appId: data.app_id,
      appName: data.application,
      type: data.type,
      isValid: data.is_valid,
      /** Unix ms; undefined when it never expires or Meta does not say. */
      expiresAtMs: data.expires_at === undefined || data.expires_at <= 0 ? undefined : data.expires_at * 1000,
      neverExpires: data.expires_at === 0,
      isExpired: data.error?.subcode === 463,
      /** Undefined when Meta does not say. */
      scopes: data.scopes,
      /** WhatsApp Business accounts it names, the newest first. */
      wabaIds: [
        ...new Set(
          (data.granular_scopes ?? [])
            .filter(({ scope }) => scope?.startsWith("whatsapp_business_") === true)
            .flatMap(({ target_ids: ids }) => (ids ?? []).map(String)),
        ),
      ],
    })),
});

export type MetaToken = z.output<typeof tokenSchema>["data"];

/** The members that are asked for; Meta answers only what it knows. */
export const phoneFields =
  "id,display_phone_number,verified_name,code_verification_status,platform_type,status,quality_rating";

/**
 * A phone number at Meta; a member that is missing is not known. Of the values Perch reads only those whose meaning is
 * documented: `code_verification_status` VERIFIED, NOT_VERIFIED or EXPIRED, `platform_type` CLOUD_API, ON_PREMISE or
 * NOT_APPLICABLE, `status` CONNECTED among others.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/reference/whatsapp-business-phone-number/whatsapp-business-account-phone-number-api
 */
export const phoneSchema = z
  .object({
    id: text,
    display_phone_number: text,
    verified_name: text,
    code_verification_status: text,
    platform_type: text,
    status: text,
    quality_rating: text,
  })
  .transform((phone) => ({
    id: phone.id,
    displayPhoneNumber: phone.display_phone_number,
    verifiedName: phone.verified_name,
    codeVerificationStatus: phone.code_verification_status,
    platformType: phone.platform_type,
    status: phone.status,
    qualityRating: phone.quality_rating,
  }));

export type MetaPhone = z.output<typeof phoneSchema>;

/** @see https://developers.facebook.com/docs/graph-api/results */
export const phonePageSchema = z.object({
  data: z.array(phoneSchema),
  paging: member(
    z.object({ next: member(z.string()), cursors: member(z.object({ after: member(z.string()) })) }),
  ),
});
