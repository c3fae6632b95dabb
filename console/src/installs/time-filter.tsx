import { Input, Label, TextField } from "react-aria-components";
import { SelectOne } from "../ui/select.tsx";
import type { ListFilter } from "./filter.ts";

const choices = [
  { id: "1h", text: "Last hour" },
  { id: "24h", text: "Last 24 hours" },
  { id: "7d", text: "Last 7 days" },
  { id: "30d", text: "Last 30 days" },
];

/** Stands for bounds that are days. */
const days = "days";

const isDay = (text: string | undefined): boolean => text !== undefined && /^\d{4}-\d\d-\d\d/.test(text);

const dayOf = (text: string | undefined): string => (isDay(text) ? (text ?? "").slice(0, 10) : "");

const today = (): string => new Date().toISOString().slice(0, 10);

/** When an install was created: lately, or between two days of UTC. */
export const TimeFilter = ({
  filter: { createdFrom, createdTo },
  change,
}: {
  readonly filter: ListFilter;
  readonly change: (changed: Partial<ListFilter>) => void;
}) => {
  const isDays = isDay(createdFrom) || createdTo !== undefined;
  const isKnown = createdFrom === undefined || isDays || choices.some(({ id }) => id === createdFrom);
  const all = [
    ...choices,
    ...(isKnown ? [] : [{ id: createdFrom, text: `Last ${createdFrom}` }]),
    { id: days, text: "Between two days" },
  ];
  return (
    <>
      <SelectOne
        label="Time"
        none="Any time"
        choices={all}
        value={isDays ? days : createdFrom}
        onChange={(id) => change({ createdFrom: id === days ? today() : id, createdTo: undefined })}
      />
      {isDays && (
        <>
          <Day label="From" value={createdFrom} onChange={(day) => change({ createdFrom: day })} />
          <Day label="To" value={createdTo} onChange={(day) => change({ createdTo: day })} />
        </>
      )}
    </>
  );
};

const Day = ({
  label,
  value,
  onChange,
}: {
  readonly label: string;
  readonly value: string | undefined;
  readonly onChange: (day: string | undefined) => void;
}) => (
  <TextField
    className="day"
    type="date"
    value={dayOf(value)}
    onChange={(day) => onChange(day === "" ? undefined : day)}
  >
    <Label>{label}</Label>
    <Input title="Days are of UTC" />
  </TextField>
);
