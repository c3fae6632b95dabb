import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Form } from "react-aria-components";
import { useLocation } from "wouter";
import { ProblemError } from "../api/problem.ts";
import type { DryRun } from "../api/resources.ts";
import type { Sent } from "../api/upload.ts";
import { ActionButton } from "../ui/action-button.tsx";
import { Field } from "../ui/text-field.tsx";
import { plural } from "../words/counts.ts";
import type { Draft } from "./draft.ts";
import { startDraft } from "./send.ts";
import { UploadProgress } from "./upload-progress.tsx";

/** Starts the import, and goes to its batch. */
export const Start = ({
  draft,
  report,
  isStale,
}: {
  readonly draft: Draft;
  readonly report: DryRun;
  /** The draft has changed since it was checked. */
  readonly isStale: boolean;
}) => {
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const [sent, setSent] = useState<Sent | undefined>();
  const { mutate, isPending, error } = useMutation({
    mutationFn: (texts: Texts) => startDraft(draft, howOf(texts), setSent),
    // An upload that a lost network cut off holds its place until the API notices.
    retry: (failures, fault) => fault instanceof ProblemError && fault.status === 429 && failures < triesMax,
    retryDelay: tryEveryMs,
    onMutate: () => setSent(undefined),
    onSuccess: async ({ id }) => {
      // Leaving the screen forgets the draft, and with it the tokens.
      navigate(`/batches/${id}`);
      await client.invalidateQueries({ queryKey: ["batches"] });
    },
    gcTime: 0,
  });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const text = (name: string): string => String(data.get(name) ?? "").trim();
    mutate({ name: text("name"), canary: text("canary"), haltAt: text("haltAt") });
  };
  const { valid, rejected } = report;
  return (
    <section className="panel" aria-labelledby="start">
      <div className="panel-head">
        <h2 id="start">Start</h2>
      </div>
      <Form onSubmit={submit} validationErrors={issuesOf(error)} autoComplete="off">
        <div className="values">
          <Field name="name" label="Name of the batch" defaultValue={draft.file.name} isRequired />
          <Field
            name="canary"
            label="Canary"
            inputMode="numeric"
            placeholder="none"
            description="This many run first, alone; the others wait for how they end."
          />
          <Field
            name="haltAt"
            label="Halt limit, %"
            inputMode="decimal"
            placeholder="never; 20 with a canary"
            description="Pauses by itself when more than this have failed."
          />
        </div>
        {error !== null && <Refused error={error} />}
        {isPending && <UploadProgress sent={sent} />}
        <p className="start-end">
          <ActionButton
            type="submit"
            kind="primary"
            isPending={isPending}
            isDisabled={isStale || valid === 0}
          >
            {isPending ? "Sending…" : startText(error, valid)}
          </ActionButton>
          <span className="quiet" aria-live="polite">
            {isPending
              ? "Keep this page open until the file is sent."
              : endText({ isStale, valid, rejected })}
          </span>
        </p>
      </Form>
    </section>
  );
};

interface Texts {
  readonly name: string;
  readonly canary: string;
  readonly haltAt: string;
}

const howOf = ({ name, canary, haltAt }: Texts) => ({
  name,
  ...(canary !== "" && { canary: Number(canary) }),
  ...(haltAt !== "" && { haltAt: Number(haltAt.replace(/ ?%$/, "")) }),
});

const triesMax = 3;
const tryEveryMs = 2000;

/** Whether the upload ended before the API had read it all: the same file again continues its batch. */
const isCutOff = (error: Error | null): boolean =>
  error instanceof ProblemError && (error.status === 0 || error.status === 408 || error.status >= 500);

const startText = (error: Error | null, valid: number): string =>
  isCutOff(error) ? "Go on" : `Start ${plural(valid, "install")}`;

const endText = ({
  isStale,
  valid,
  rejected,
}: {
  readonly isStale: boolean;
  readonly valid: number;
  readonly rejected: number;
}): string => {
  if (isStale) return "Check the changes first.";
  if (valid === 0) return "No row can be installed yet.";
  if (rejected === 0) return "";
  return `${plural(rejected, "row")} to correct ${rejected === 1 ? "stays" : "stay"} behind; the batch lists ${rejected === 1 ? "it" : "them"}.`;
};

const Refused = ({ error }: { readonly error: Error }) => (
  <p className="refused" role="alert">
    {isCutOff(error)
      ? `The upload was cut off. ${error.message} What was read is kept: Go on sends the file again and continues where it ended.`
      : error.message}
  </p>
);

const issuesOf = (error: Error | null): Record<string, string> =>
  error instanceof ProblemError
    ? Object.fromEntries(error.issues.map(({ path, message }) => [path.slice(1), message]))
    : {};
