import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { refreshMs } from "../api/query-client.ts";
import { useReading } from "../api/reading.ts";
import { ActionButton } from "../ui/action-button.tsx";
import { SelectOne } from "../ui/select.tsx";
import { NotFresh, Unread } from "../ui/states.tsx";
import { Field } from "../ui/text-field.tsx";
import { presets, wordsOf } from "./presets.ts";
import { type FaultRule, readFaults, replaceFaults } from "./sandbox-api.ts";

const faultsKey = ["sandbox", "faults"] as const;

/** What the sandbox does wrong on purpose, and a form for more of it. */
export const Faults = () => {
  const client = useQueryClient();
  const faults = useReading({
    queryKey: faultsKey,
    queryFn: ({ signal }) => readFaults(signal),
    refetchInterval: refreshMs,
  });
  const replace = useMutation({
    mutationFn: replaceFaults,
    onSuccess: (rules) => client.setQueryData(faultsKey, rules),
  });
  const rules = faults.data;
  return (
    <section className="panel" aria-labelledby="faults">
      <div className="panel-head">
        <h2 id="faults">Faults on purpose</h2>
        {rules !== undefined && rules.length > 0 && (
          <ActionButton kind="link" isPending={replace.isPending} onPress={() => replace.mutate([])}>
            Remove all
          </ActionButton>
        )}
      </div>
      {rules === undefined ? (
        <Unread reading={faults} label="Reading the faults" lines={2} />
      ) : (
        <div className="stack">
          <NotFresh stale={faults.stale} />
          <Rules rules={rules} remove={(rule) => replace.mutate(without(rules, rule))} />
          <AddFault
            isPending={replace.isPending}
            add={(rule) => replace.mutateAsync([...without(rules, rule), rule]).then(() => undefined)}
          />
          {replace.isError && <p role="alert">{replace.error.message}</p>}
        </div>
      )}
    </section>
  );
};

const Rules = ({
  rules,
  remove,
}: {
  readonly rules: readonly FaultRule[];
  readonly remove: (rule: FaultRule) => void;
}) =>
  rules.length === 0 ? (
    <p className="quiet">None: every number is installed, and every event comes once.</p>
  ) : (
    <ul className="fault-rules" aria-label="Faults on purpose">
      {rules.map((rule) => (
        <li key={JSON.stringify(rule)}>
          <span>
            {wordsOf(rule)}
            <span className="quiet">
              {" "}
              · {rule.phoneNumber ?? "every number"} · {timesText(rule)}
            </span>
          </span>
          <ActionButton kind="link" aria-label={`Remove: ${wordsOf(rule)}`} onPress={() => remove(rule)}>
            Remove
          </ActionButton>
        </li>
      ))}
    </ul>
  );

const without = (rules: readonly FaultRule[], rule: FaultRule): readonly FaultRule[] =>
  rules.filter((each) => JSON.stringify(each) !== JSON.stringify(rule));

const timesText = ({ times, operation }: FaultRule): string => {
  const what = operation === undefined ? "" : `${operation}, `;
  if (times === "always") return `${what}always`;
  return `${what}${times === undefined || times === 1 ? "once a number" : `${times} times a number`}`;
};

const AddFault = ({
  add,
  isPending,
}: {
  readonly add: (rule: FaultRule) => Promise<void>;
  readonly isPending: boolean;
}) => {
  const [text, setText] = useState<string | undefined>(undefined);
  const [phoneNumber, setPhoneNumber] = useState("");
  const [isAlways, setIsAlways] = useState<string | undefined>(undefined);
  const preset = presets.find((each) => each.text === text);
  const submit = async () => {
    if (preset === undefined) return;
    const number = phoneNumber.trim();
    await add({
      ...(number !== "" && { phoneNumber: number }),
      times: isAlways === undefined ? 1 : "always",
      fault: preset.fault,
    });
    setText(undefined);
    setPhoneNumber("");
  };
  return (
    <form
      className="fault-form"
      onSubmit={(event) => {
        event.preventDefault();
        // What it was refused for is shown by the mutation.
        submit().catch(() => undefined);
      }}
    >
      <SelectOne
        label="What happens"
        none="What happens…"
        choices={presets.map((each) => ({ id: each.text, text: each.text }))}
        value={text}
        onChange={setText}
      />
      <SelectOne
        label="How often"
        none="Once a number"
        choices={[{ id: "always", text: "Always" }]}
        value={isAlways}
        onChange={setIsAlways}
      />
      <Field
        label="Only for this number"
        value={phoneNumber}
        onChange={setPhoneNumber}
        placeholder="+14155550123"
      />
      <ActionButton type="submit" kind="primary" isDisabled={preset === undefined} isPending={isPending}>
        Add the fault
      </ActionButton>
    </form>
  );
};
