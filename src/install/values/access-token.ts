import { isNoValue } from "./no-value.ts";

const placeholder = "is a placeholder: put the real one in its place";

/** What people paste as a token and is none, and what to do about it: the first that fits is said. */
const mistakes: readonly (readonly [RegExp, issue: string])[] = [
  [/^bearer\s/i, 'must be the token alone, without "Bearer" before it'],
  [/^https?:\/\//i, "is an address: paste the token alone"],
  [/access_token["']?\s*:|^\{/i, "is the whole answer of a token exchange: paste its access_token alone"],
  [
    /access_token\s*=|[&=]/i,
    "is part of an address or a form: paste what stands between access_token= and the next & alone",
  ],
  [/^<.*>$|^\[.*\]$|^\{\{|^\$\{|^%\w+%$/, placeholder],
  [/^(?:changeme|placeholder|your[ _-].*|insert[ _-].*|#.*)$/i, placeholder],
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
  plainToken.test(text) ? undefined : faultIn(text, tokenMistakes);

/** The form of most tokens, which none of the mistakes has. */
const plainToken = /^EAA[A-Za-z0-9]*$/;

const tokenMistakes: typeof mistakes = [
  ...mistakes,
  // Codes of Meta's dialog begin so, tokens with EAA.
  [/^AQ[A-Z][\w-]+$/, "looks like the code of the embedded signup: give it as signupCode instead"],
];

/** Why a text can be no code of the embedded signup; undefined when it may be one. */
export const signupCodeIssue = (text: string): string | undefined => faultIn(text, codeMistakes);

const codeMistakes: typeof mistakes = [
  ...mistakes,
  [/^EAA[A-Za-z0-9]/, "looks like an access token: give it as accessToken instead"],
];

const faultIn = (text: string, all: typeof mistakes): string | undefined =>
  isNoValue(text, { isName: false }) || isRequestForOne(text)
    ? placeholder
    : all.find(([pattern]) => pattern.test(text))?.[1];

/** Words of texts that ask for a token, in templates and in cells that somebody will fill. */
const askingWords: ReadonlySet<string> = new Set([
  ...["token", "tokens", "access", "accesstoken", "key", "code", "secret", "long", "lived", "longlived"],
  ...["user", "system", "business", "meta", "facebook", "fb", "whatsapp", "wa", "waba", "api", "bearer"],
  ...[
    "your",
    "my",
    "the",
    "their",
    "a",
    "an",
    "of",
    "from",
    "for",
    "in",
    "to",
    "be",
    "with",
    "and",
    "please",
  ],
  ...[
    "here",
    "paste",
    "insert",
    "put",
    "add",
    "enter",
    "fill",
    "replace",
    "change",
    "me",
    "this",
    "todo",
    "tbd",
  ],
  ...[
    "follows",
    "later",
    "needed",
    "required",
    "missing",
    "pending",
    "goes",
    "hier",
    "einfügen",
    "eintragen",
  ],
  ...["aquí", "aqui", "ici", "pegar", "coller", "folgt", "zugriffstoken", "jeton", "clave"],
]);

/** Whether a text is nothing but such words: `ACCESS_TOKEN_HERE`, `paste token here`, `userAccessToken`. */
const isRequestForOne = (text: string): boolean => {
  if (text.length > 64 || /\d/.test(text)) return false;
  const words = text.replaceAll(/(\p{Ll})(\p{Lu})/gu, "$1 $2").match(/\p{L}+/gu) ?? [];
  const isMade = /^[\p{L}\s_.:!-]+$/u.test(text) && (words.length > 1 || /^(?:accesst|t)okens?$/i.test(text));
  return isMade && words.every((word) => askingWords.has(word.toLowerCase()));
};
