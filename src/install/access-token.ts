/** What people paste as a token and is none, and what to do about it: the first that fits is said. */
const mistakes: readonly (readonly [RegExp, issue: string])[] = [
  [/^bearer\s/i, 'must be the token alone, without "Bearer" before it'],
  [/^https?:\/\//i, "is an address: paste the token alone"],
  [/access_token["']?\s*:|^\{/i, "is the whole answer of a token exchange: paste its access_token alone"],
  [
    /access_token\s*=|[&=]/i,
    "is part of an address or a form: paste what stands between access_token= and the next & alone",
  ],
  [/^<.*>$|^\[.*\]$|^\{\{|^\$\{|^%\w+%$/, "is a placeholder: put the real one in its place"],
  [
    /^(?:null|undefined|none|nil|nan|n\/a|tbd|todo|\\n|\(null\)|changeme|change_me|placeholder|access[_-]?token|your[_-].*|my[_-]access[_-]?token|insert[_-].*|-+|_+|x{3,64}|\?+|#.*)$/i,
    "is a placeholder: put the real one in its place",
  ],
  [/[*•●▪·]{2,}/, "is masked: copy the token itself from where it was made, not what a page shows of it"],
  [/\.{2,}|…/, "was cut where it says …: copy the whole token"],
  [/["'`“”„‘’«»]/, "must be the token alone, without quotation marks"],
  [/[,;]/, "must be one token: it has a comma or a semicolon"],
  [/[<>{}()[\]]/, "must be the token alone: it has brackets"],
  [/^\d+\|/, "is an app's own token (APPID|secret): use the customer's long-lived token"],
  [/^\d+$/, "is an id: all its characters are digits, and a token has letters"],
];

/**
 * Why a text can be no access token of Meta's; undefined when it may be one. Only what is certain is refused, because
 * Meta documents neither the characters nor the length of a token.
 *
 * @see https://developers.facebook.com/docs/facebook-login/guides/access-tokens
 */
export const accessTokenIssue = (text: string): string | undefined =>
  faultIn(text, [
    ...mistakes,
    // Codes of Meta's dialog begin so, tokens with EAA.
    [/^AQ[A-Z][\w-]+$/, "looks like the code of the embedded signup: give it as signupCode instead"],
  ]);

/** Why a text can be no code of the embedded signup; undefined when it may be one. */
export const signupCodeIssue = (text: string): string | undefined =>
  faultIn(text, [
    ...mistakes,
    [/^EAA[A-Za-z0-9]/, "looks like an access token: give it as accessToken instead"],
  ]);

const faultIn = (text: string, all: typeof mistakes): string | undefined =>
  all.find(([pattern]) => pattern.test(text))?.[1];
