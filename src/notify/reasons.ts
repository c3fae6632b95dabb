/** Why a notification was not delivered, in sentences. */

export const unsigned = "Not sent, because it cannot be signed: set NOTIFY_SECRET, then send it again.";

export const forbidden =
  "Not sent: the URL is not https, or leads to a private, loopback or link-local address. NOTIFY_ALLOW_PRIVATE allows both.";

const wantsNoMore = "wants no more notifications. Sending one again lifts that.";

export const gone = `The receiver answered 410: it ${wantsNoMore}`;
export const goneBefore = `Not sent: the receiver answered 410 before and ${wantsNoMore}`;

export const refused = (status: number): string =>
  status >= 300 && status < 400
    ? `The receiver answered ${status}; redirects are not followed: change the URL.`
    : `The receiver answered ${status}.`;

export const unanswered = (code: string, timeoutMs: number): string =>
  code === "ETIMEDOUT"
    ? `The receiver did not answer within ${timeoutMs / 1000} s.`
    : `The receiver could not be reached, or broke the connection off (${code}).`;
