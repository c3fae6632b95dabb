/**
 * What an exchange ends in. `message` is a plain sentence that says what to do; it never holds the code, the
 * app's secret or a token.
 */
export type ExchangeResult =
  | { readonly kind: "token"; readonly accessToken: string }
  /** The same code will never be taken. */
  | {
      readonly kind: "refused";
      readonly message: string;
      readonly metaCode?: number | undefined;
      readonly metaSubcode?: number | undefined;
    }
  /** Nobody knows whether the code was used up, or Meta takes none at the moment. */
  | { readonly kind: "unavailable"; readonly message: string };
