/**
 * The result of an exchange. `message` is a plain sentence that says what to do; it never holds the code, the
 * app's secret or a token.
 */
export type ExchangeResult =
  | { readonly kind: "token"; readonly accessToken: string }
  /** Meta will not accept this code again. */
  | {
      readonly kind: "refused";
      readonly message: string;
      readonly metaCode?: number | undefined;
      readonly metaSubcode?: number | undefined;
    }
  /** The code may have been used up, or Meta accepts none at the moment. */
  | { readonly kind: "unavailable"; readonly message: string };
