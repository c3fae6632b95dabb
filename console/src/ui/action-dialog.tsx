import { useMutation } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useMemo } from "react";
import { Form } from "react-aria-components";
import { ProblemError } from "../api/problem.ts";
import { ActionButton } from "./action-button.tsx";
import { ScreenDialog } from "./dialog.tsx";
import { announce } from "./toasts.tsx";

/**
 * A dialog that does one thing: its form, what it does on the button, and what went wrong at the field it is about. The
 * form is gone once it was sent, and with it every secret in it.
 */
export const ActionDialog = <T,>({
  title,
  button,
  kind = "primary",
  isBlocked = false,
  act,
  done,
  onClose,
  children,
}: {
  readonly title: string;
  /** What the button says. */
  readonly button: string;
  readonly kind?: "primary" | "danger";
  /** The button cannot be pressed yet. */
  readonly isBlocked?: boolean;
  /** Does it, with the texts of the form's fields. */
  readonly act: (texts: Readonly<Record<string, string>>) => Promise<T>;
  /** What is said once it is done. */
  readonly done: string | ((answer: T) => string);
  readonly onClose: () => void;
  readonly children: ReactNode;
}) => {
  const { mutate, isPending, error } = useMutation({
    mutationFn: act,
    onSuccess: (answer) => {
      announce(typeof done === "string" ? done : done(answer));
      onClose();
    },
    // Variables of a mutation stay in its cache, and here they may be secrets.
    gcTime: 0,
  });
  // The same object until the next answer: a field that was corrected stays free of its error when something else changes.
  const issues = useMemo(() => issuesOf(error), [error]);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const texts = [...new FormData(event.currentTarget)].flatMap(([name, value]) =>
      typeof value === "string" ? [[name, value] as const] : [],
    );
    mutate(Object.fromEntries(texts));
  };
  return (
    <ScreenDialog title={title} isOpen onClose={onClose}>
      <Form onSubmit={submit} validationErrors={issues} autoComplete="off">
        {children}
        {error !== null && (
          <p className="refused" role="alert">
            {error.message}
          </p>
        )}
        <div className="dialog-end">
          <ActionButton onPress={onClose}>Back</ActionButton>
          <ActionButton type="submit" kind={kind} data-solid isPending={isPending} isDisabled={isBlocked}>
            {button}
          </ActionButton>
        </div>
      </Form>
    </ScreenDialog>
  );
};

const issuesOf = (error: Error | null): Record<string, string> =>
  error instanceof ProblemError
    ? Object.fromEntries(error.issues.map(({ path, message }) => [path.slice(1), message]))
    : {};
