import {
  FieldError,
  Input,
  Label,
  Text,
  TextArea,
  TextField,
  type TextFieldProps,
} from "react-aria-components";

/** A labelled field; what is wrong with it stands below it. */
export const Field = ({
  label,
  description,
  isLong = false,
  placeholder = "",
  errorMessage,
  ...props
}: TextFieldProps & {
  readonly label: string;
  readonly description?: string;
  readonly isLong?: boolean;
  readonly placeholder?: string;
  /** What is wrong with it, where the form does not say so itself. */
  readonly errorMessage?: string;
}) => (
  <TextField {...props} className="field">
    <Label>{label}</Label>
    {isLong ? (
      <TextArea rows={3} placeholder={placeholder} />
    ) : (
      <Input placeholder={placeholder} spellCheck={false} />
    )}
    {description !== undefined && <Text slot="description">{description}</Text>}
    <FieldError>{errorMessage}</FieldError>
  </TextField>
);
