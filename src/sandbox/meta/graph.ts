import { z } from "zod";
import type { Answer } from "../http/answer.ts";
import { metaError } from "./meta-error-answer.ts";
import type { MetaObjects, SimulatedPhone, SimulatedToken } from "./objects.ts";

/** Meta's reads that the sandbox simulates: of a token, of a phone number and of an account's phone numbers. */
export interface GraphOperations {
  readonly debugToken: (asked: { readonly bearer: string | undefined; readonly query: unknown }) => Answer;
  readonly getPhoneNumber: (asked: {
    readonly bearer: string | undefined;
    readonly phoneId: string;
  }) => Answer;
  readonly listPhoneNumbers: (asked: {
    readonly bearer: string | undefined;
    readonly wabaId: string;
    readonly query: unknown;
  }) => Answer;
  readonly clear: () => void;
}

const scopesDefault = ["whatsapp_business_management", "whatsapp_business_messaging"];

const debugQuerySchema = z.object({ input_token: z.string().min(1) });
const listQuerySchema = z.object({
  limit: z.coerce.number().int().min(1).max(1000).catch(25),
  after: z.string().regex(/^\d+$/).transform(Number).catch(0),
});

/**
 * Creates the reads. An account's phone numbers may be read `callsPerHour` times in a row, counted in windows of an hour:
 * `X-Business-Use-Case-Usage` names the share that is used, and a call beyond it is refused with code 80007.
 *
 * @see https://developers.facebook.com/docs/graph-api/overview/rate-limiting
 */
export const createGraphOperations = (deps: {
  readonly app: { readonly appId: string; readonly appSecret: string };
  readonly objects: MetaObjects;
  readonly callsPerHour: number;
  readonly now: () => number;
}): GraphOperations => {
  const { app, objects, callsPerHour, now } = deps;
  const calls = new Map<string, { hour: number; count: number }>();

  /** Counts a call about an account; undefined without a limit. */
  const use = (wabaId: string) => {
    if (callsPerHour === 0) return undefined;
    const hour = Math.floor(now() / hourMs);
    const before = calls.get(wabaId);
    const entry = before?.hour === hour ? before : { hour, count: 0 };
    entry.count += 1;
    calls.set(wabaId, entry);
    const isOver = entry.count > callsPerHour;
    const minutes = isOver ? Math.ceil(((hour + 1) * hourMs - now()) / 60_000) : 0;
    const percent = Math.min(100, Math.floor((entry.count * 100) / callsPerHour));
    return { isOver, headers: accountUsage(wabaId, percent, minutes) };
  };

  const limited = (wabaId: string, work: () => Answer): Answer => {
    const used = use(wabaId);
    if (used === undefined) return work();
    const answer = used.isOver
      ? metaError(400, "The WhatsApp Business Account has reached its rate limit.", 80_007)
      : work();
    return { ...answer, headers: used.headers };
  };

  /** Why a token may not read; undefined when it may. */
  const refusal = (bearer: string | undefined): Answer | undefined => {
    if (bearer === undefined)
      return metaError(400, "An access token is required to request this resource.", 104);
    const token = objects.token(bearer);
    if (isExpired(token, now()))
      return metaError(400, "Error validating access token: it has expired.", 190, 463);
    if (token.isValid === false) return metaError(400, "Invalid OAuth access token.", 190);
    const scopes = token.scopes ?? scopesDefault;
    return scopes.includes("whatsapp_business_management")
      ? undefined
      : metaError(403, "Permissions error", 200);
  };

  const isSeen = (bearer: string | undefined, wabaId: string | undefined): boolean => {
    const { wabaIds } = objects.token(bearer ?? "");
    return wabaIds === undefined || (wabaId !== undefined && wabaIds.includes(wabaId));
  };

  return {
    debugToken: ({ bearer, query }) => {
      if (bearer !== `${app.appId}|${app.appSecret}`)
        return metaError(400, "Invalid OAuth access token.", 190);
      const parsed = debugQuerySchema.safeParse(query);
      if (!parsed.success) return metaError(400, "(#100) The parameter input_token is required.", 100);
      const token = objects.token(parsed.data.input_token);
      const { appId = app.appId } = token;
      if (appId !== app.appId)
        return metaError(400, "(#100) The App_id in the input_token did not match the Viewing App", 100);
      return { status: 200, body: { data: tokenData(token, { appId, nowMs: now() }) }, headers: appUsage(0) };
    },
    getPhoneNumber: ({ bearer, phoneId }) => {
      const refused = refusal(bearer);
      if (refused !== undefined) return refused;
      const phone = objects.phone(phoneId);
      return limited(phone?.wabaId ?? phoneId, () =>
        phone === undefined || !isSeen(bearer, phone.wabaId)
          ? noObject(phoneId)
          : { status: 200, body: phoneData(phone) },
      );
    },
    listPhoneNumbers: ({ bearer, wabaId, query }) => {
      const refused = refusal(bearer);
      if (refused !== undefined) return refused;
      return limited(wabaId, () => {
        const phones = objects.phonesOf(wabaId);
        if (phones === "missing" || !isSeen(bearer, wabaId)) return noObject(wabaId);
        const { limit, after } = listQuerySchema.parse(query);
        if (phones === "undeclared") return pageAnswer([], { wabaId, after: after + limit });
        const page = phones.slice(after, after + limit);
        return pageAnswer(page, { wabaId, after: after + limit < phones.length ? after + limit : undefined });
      });
    },
    clear: () => calls.clear(),
  };
};

const hourMs = 3_600_000;

/** The header of an app's calls, in percent of its limit. */
export const appUsage = (percent: number): Readonly<Record<string, string>> => ({
  "x-app-usage": JSON.stringify({ call_count: percent, total_time: 0, total_cputime: 0 }),
});

/** The header of the calls about an account, in percent of its limit. */
export const accountUsage = (
  wabaId: string,
  percent: number,
  minutes: number,
): Readonly<Record<string, string>> => ({
  "x-business-use-case-usage": JSON.stringify({
    [wabaId]: [
      { call_count: percent, total_time: 0, total_cputime: 0, estimated_time_to_regain_access: minutes },
    ],
  }),
});

/** Seen in public code and reports. */
const noObject = (id: string): Answer =>
  metaError(
    400,
    `Unsupported get request. Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation.`,
    100,
    33,
  );

const isExpired = ({ expiresAtMs }: SimulatedToken, nowMs: number): boolean =>
  expiresAtMs !== undefined && expiresAtMs <= nowMs;

const tokenData = (
  token: SimulatedToken,
  { appId, nowMs }: { readonly appId: string; readonly nowMs: number },
) => {
  const expired = isExpired(token, nowMs);
  if (token.isValid === false && !expired)
    return { error: { code: 190, message: "Invalid OAuth access token data." }, is_valid: false, scopes: [] };
  const scopes = token.scopes ?? scopesDefault;
  return {
    app_id: appId,
    type: "SYSTEM_USER",
    application: "Sandbox",
    data_access_expires_at: 0,
    expires_at: token.expiresAtMs === undefined ? 0 : Math.floor(token.expiresAtMs / 1000),
    is_valid: !expired,
    scopes,
    granular_scopes: scopes.map((scope) => ({
      scope,
      ...(token.wabaIds !== undefined && { target_ids: token.wabaIds }),
    })),
    user_id: "122100000000000001",
    ...(expired && { error: { code: 190, message: "The token has expired.", subcode: 463 } }),
  };
};

const phoneData = (phone: SimulatedPhone) => ({
  verified_name: phone.verifiedName ?? "Sandbox",
  code_verification_status: phone.codeVerificationStatus ?? "VERIFIED",
  ...(phone.displayPhoneNumber !== undefined && { display_phone_number: phone.displayPhoneNumber }),
  quality_rating: "UNKNOWN",
  platform_type: phone.platformType ?? "NOT_APPLICABLE",
  status: phone.status ?? "PENDING",
  id: phone.phoneId,
});

const pageAnswer = (
  phones: readonly SimulatedPhone[],
  { wabaId, after }: { readonly wabaId: string; readonly after: number | undefined },
): Answer => ({
  status: 200,
  body: {
    data: phones.map(phoneData),
    paging: {
      cursors: { before: "0", after: String(after ?? 0) },
      ...(after !== undefined && {
        next: `https://graph.facebook.com/${wabaId}/phone_numbers?after=${after}`,
      }),
    },
  },
});
