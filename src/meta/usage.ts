import type { IncomingHttpHeaders } from "node:http";
import { z } from "zod";
import { retryAfterMs } from "../http/retry-after-ms.ts";
import { jsonOrUndefined, member } from "../install/values/lenient.ts";

/** From this share of a limit on, percent, Perch leaves Meta alone for a while: at 100 Meta refuses. */
const restPercent = 90;
/** For how long, where Meta does not say, ms. */
const restMs = 60_000;

const percent = member(z.number());
const useSchema = z.object({ call_count: percent, total_time: percent, total_cputime: percent });
const businessSchema = z.record(
  z.string(),
  z.array(useSchema.extend({ estimated_time_to_regain_access: member(z.number()) })),
);

/**
 * How long the headers of an answer ask to be left alone, ms, and by whom: `X-App-Usage` counts the calls of the app,
 * `X-Business-Use-Case-Usage` those about one business object, and names the minutes until it may be asked again. Both are
 * percentages of a limit, and both may be missing.
 *
 * @see https://developers.facebook.com/docs/graph-api/overview/rate-limiting
 */
export const askedPause = (
  headers: IncomingHttpHeaders,
  nowMs: number,
): { readonly pauseMs: number; readonly pauses: "app" | "account" } => {
  const app = useSchema.safeParse(jsonOrUndefined(textOf(headers["x-app-usage"])));
  const business = businessSchema.safeParse(jsonOrUndefined(textOf(headers["x-business-use-case-usage"])));
  const uses = business.success ? Object.values(business.data).flat() : [];
  const regainMs = Math.max(0, ...uses.map((use) => (use.estimated_time_to_regain_access ?? 0) * 60_000));
  const named = retryAfterMs(textOf(headers["retry-after"]), nowMs) ?? 0;
  const appMs = Math.max(named, app.success && isNearLimit(app.data) ? restMs : 0);
  if (appMs > 0) return { pauseMs: Math.max(appMs, regainMs), pauses: "app" };
  return { pauseMs: Math.max(regainMs, uses.some(isNearLimit) ? restMs : 0), pauses: "account" };
};

const isNearLimit = ({
  call_count: calls,
  total_time: time,
  total_cputime: cpu,
}: z.output<typeof useSchema>) => [calls, time, cpu].some((used) => (used ?? 0) >= restPercent);

const textOf = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header[0] : header;
