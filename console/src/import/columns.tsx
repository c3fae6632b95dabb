import type { DetectedFile } from "../api/resources.ts";
import { ActionButton } from "../ui/action-button.tsx";
import { SelectOne } from "../ui/select.tsx";
import type { WizardPart } from "./draft.ts";
import { leftOut, memberName, memberNames } from "./draft.ts";

type Column = NonNullable<DetectedFile["columns"]>[number];

const members = Object.entries(memberNames).map(([id, text]) => ({ id, text }));

/** What each column holds, with suggestions for those whose names are not known. */
export const Columns = ({ draft, columns, change }: WizardPart & { readonly columns: readonly Column[] }) => {
  const open = columns.filter(
    ({ name, member, isIgnored }) =>
      name !== undefined && member === undefined && isIgnored !== true && draft.map[name] === undefined,
  );
  const taken = new Set(columns.flatMap(({ member }) => member ?? []));
  const suggested = suggestionsOf(open, taken);
  return (
    <section className="panel" aria-labelledby="columns">
      <div className="panel-head">
        <h2 id="columns">Columns</h2>
        {open.length > 0 && <span className="badge">{open.length} to decide</span>}
      </div>
      {open.length > 0 && (
        <p className="cause-actions above">
          {Object.keys(suggested).length > 0 && (
            <ActionButton
              kind="primary"
              onPress={() => change({ map: { ...draft.map, ...suggested } }, true)}
            >
              Take the suggestions
            </ActionButton>
          )}
          <ActionButton
            onPress={() =>
              change(
                { map: { ...draft.map, ...Object.fromEntries(open.map(({ name }) => [name, leftOut])) } },
                true,
              )
            }
          >
            Leave these out
          </ActionButton>
        </p>
      )}
      <ul className="mapping">
        {columns.map((column) => (
          <li key={column.column}>
            <span className="their-name" dir="auto">
              {column.name ?? `Column ${column.column}`}
            </span>
            <Holds column={column} draft={draft} change={change} />
          </li>
        ))}
      </ul>
    </section>
  );
};

/** The likeliest member of each column, none twice. */
const suggestionsOf = (
  columns: readonly Column[],
  taken: ReadonlySet<string>,
): Readonly<Record<string, string>> => {
  const used = new Set(taken);
  const chosen: Record<string, string> = {};
  for (const { name, suggestions = [] } of columns) {
    const member = suggestions.find((suggestion) => !used.has(suggestion));
    if (name === undefined || member === undefined) continue;
    used.add(member);
    chosen[name] = member;
  }
  return chosen;
};

const Holds = ({
  column: { name, member, isIgnored, suggestions = [] },
  draft,
  change,
}: { readonly column: Column } & Pick<WizardPart, "draft" | "change">) => {
  if (isIgnored === true) return <span className="quiet">a result of an earlier import; skipped</span>;
  if (name === undefined) return <span className="quiet">{member ?? "has no name"}</span>;
  const chosen = draft.map[name];
  const asFound = member === undefined ? "Not known: choose" : `${memberName(member)}, as found`;
  const likely = suggestions.map((id) => ({ id, text: `${memberName(id)} (suggested)` }));
  const others = members.filter(({ id }) => !suggestions.includes(id));
  const leave = member === undefined || chosen !== undefined ? [{ id: leftOut, text: "Leave it out" }] : [];
  return (
    <SelectOne
      label={`Column ${name} holds`}
      none={chosen === undefined ? asFound : "As found"}
      choices={[...likely, ...leave, ...others]}
      value={chosen}
      onChange={(value) => {
        const { [name]: _, ...rest } = draft.map;
        change({ map: value === undefined ? rest : { ...rest, [name]: value } }, true);
      }}
    />
  );
};
