import { Field } from "./text-field.tsx";

/** A new access token; empty: what is stored stays. */
export const TokenField = ({ label }: { readonly label: string }) => (
  <Field
    name="accessToken"
    label={label}
    type="password"
    placeholder="Unchanged"
    autoComplete="off"
    description="Write-only: it is stored sealed and never shown."
  />
);
