import { Field } from "../ui/text-field.tsx";
import type { WizardPart } from "./draft.ts";
import { memberName, neededMembers } from "./draft.ts";

/** One token for all rows, and values for columns the file has not. */
export const Values = ({ draft, file, change, recheck }: WizardPart) => {
  const held = new Set(file?.columns?.flatMap(({ member }) => member ?? []));
  const hasColumns = file?.columns !== undefined;
  const missing = neededMembers.filter((member) => hasColumns && !held.has(member));
  const hasToken = held.has("accessToken");
  return (
    <section className="panel" aria-labelledby="values">
      <div className="panel-head">
        <h2 id="values">For all rows</h2>
      </div>
      <div className="values">
        <Field
          label={hasToken ? "Access token of rows that have none" : "Access token"}
          type="password"
          autoComplete="off"
          value={draft.token}
          onChange={(token) => change({ token }, false)}
          onBlur={recheck}
          description={
            hasToken
              ? "The file has a column of tokens. Write-only: stored sealed, never shown."
              : "Write-only: it is stored sealed and never shown."
          }
        />
        {missing.map((member) => (
          <Field
            key={member}
            label={memberName(member)}
            value={draft.values[member] ?? ""}
            onChange={(value) => change({ values: { ...draft.values, [member]: value } }, false)}
            onBlur={recheck}
            description="The file has no such column."
          />
        ))}
      </div>
    </section>
  );
};
