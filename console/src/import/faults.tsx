import type { DryRun } from "../api/resources.ts";
import { ActionButton } from "../ui/action-button.tsx";
import { Field } from "../ui/text-field.tsx";
import { plural } from "../words/counts.ts";
import type { WizardPart } from "./draft.ts";
import { isSecret, memberName } from "./draft.ts";

type Row = DryRun["errors"][number];

/** Rows shown at a time; the others follow once these are corrected. */
const shownMax = 50;

/** The rows to correct, each faulty cell with what is wrong, to be corrected in place. The server judges again. */
export const Faults = ({ report, ...part }: WizardPart & { readonly report: DryRun }) => {
  const { errors, rejected } = report;
  const { draft, change, recheck, isChecking } = part;
  const corrected = Object.values(draft.edits).reduce((sum, cells) => sum + Object.keys(cells).length, 0);
  const more = rejected - Math.min(errors.length, shownMax);
  return (
    <section className="panel" aria-labelledby="faults">
      <div className="panel-head">
        <h2 id="faults">Rows to correct</h2>
        {corrected > 0 && (
          <ActionButton kind="link" onPress={() => change({ edits: {} }, true)}>
            Undo {plural(corrected, "correction")}
          </ActionButton>
        )}
      </div>
      <ol className="faulty">
        {errors.slice(0, shownMax).map((row) => (
          <FaultyRow key={row.row} row={row} {...part} />
        ))}
      </ol>
      {more > 0 && (
        <p className="quiet">
          {plural(more, "more row")}: they are shown once these are corrected. Many of one kind are corrected
          faster in the file.
        </p>
      )}
      <p className="cause-actions">
        <ActionButton kind="primary" isPending={isChecking} onPress={recheck}>
          Check the corrections
        </ActionButton>
      </p>
    </section>
  );
};

/** The member a fault is about; undefined: the whole row, or a part of a member. */
const memberOf = (path: string): string | undefined => /^\/([A-Za-z]+)$/.exec(path)?.[1];

const FaultyRow = ({
  row: { row, line, errors, input },
  draft,
  change,
}: WizardPart & { readonly row: Row }) => {
  const members = [...new Set(errors.flatMap(({ path }) => memberOf(path) ?? []))];
  const others = errors.filter(({ path }) => memberOf(path) === undefined);
  const cells = draft.edits[row] ?? {};
  const who = [input.name, input.phoneNumber].filter(Boolean).join(", ");
  return (
    <li aria-label={`Row ${row}`}>
      <h3>
        Row {row}
        {line !== undefined && <span className="quiet">, line {line}</span>}
        {who !== "" && <bdi className="quiet who">{who}</bdi>}
      </h3>
      {others.map(({ path, message }) => (
        <p key={`${path} ${message}`} className="cell-fault">
          {path !== "" && <code>{path.slice(1)}</code>} {message}
        </p>
      ))}
      <div className="values">
        {members.map((member) => (
          <Field
            key={member}
            label={memberName(member)}
            isInvalid
            type={isSecret(member) ? "password" : "text"}
            autoComplete="off"
            value={cells[member] ?? input[member] ?? ""}
            onChange={(text) =>
              change({ edits: { ...draft.edits, [row]: { ...cells, [member]: text } } }, false)
            }
            errorMessage={errors
              .filter(({ path }) => memberOf(path) === member)
              .map(({ message }) => message)
              .join("; ")}
          />
        ))}
      </div>
    </li>
  );
};
