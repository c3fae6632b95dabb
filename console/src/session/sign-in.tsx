import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useEffect } from "react";
import { Form } from "react-aria-components";
import { api } from "../api/client.ts";
import { answered } from "../api/problem.ts";
import { queryClient } from "../api/query-client.ts";
import { changeSession } from "../api/session-state.ts";
import { ActionButton } from "../ui/action-button.tsx";
import perch from "../ui/perch.svg";
import { Field } from "../ui/text-field.tsx";

/** Takes an API key once. The screen of the address is shown when the API has taken it. */
export const SignIn = ({ hasEnded }: { readonly hasEnded: boolean }) => {
  useEffect(() => {
    document.title = "Sign in · Perch";
  }, []);
  const { mutate, isPending, error } = useMutation({
    mutationFn: (apiKey: string) => answered(api.POST("/v1/session", { body: { apiKey } })),
    onSuccess: (session) => changeSession(queryClient, { session }),
    // The key is a variable of the mutation, and is not kept.
    gcTime: 0,
  });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = event.currentTarget;
    const apiKey = new FormData(form).get("apiKey");
    form.reset();
    if (typeof apiKey === "string") mutate(apiKey);
  };
  return (
    <main className="sign-in">
      <div className="sign-in-brand">
        <img src={perch} alt="" width="28" height="28" />
        Perch
      </div>
      <section className="panel">
        <h1>Sign in</h1>
        <p className="lead">
          {hasEnded
            ? "Your session has ended. Sign in again to go on where you were."
            : "With an API key. What the key may do is what you may do here."}
        </p>
        <Form onSubmit={submit} autoComplete="off">
          <Field
            label="API key"
            name="apiKey"
            type="password"
            maxLength={512}
            isRequired
            autoFocus
            description="It is sent once and not kept in this browser. The session lasts 12 hours."
          />
          {error !== null && (
            <p className="refused" role="alert">
              {error.message}
            </p>
          )}
          <ActionButton type="submit" kind="primary" isPending={isPending}>
            Sign in
          </ActionButton>
        </Form>
      </section>
      <p className="quiet">
        No key? An operator makes one with <code>perch keys api --name NAME</code>.
      </p>
    </main>
  );
};
