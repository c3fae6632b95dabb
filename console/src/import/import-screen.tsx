import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ProblemError } from "../api/problem.ts";
import type { DetectedFile } from "../api/resources.ts";
import { mayDo, useSession } from "../session/session.tsx";
import { Screen } from "../ui/screen.tsx";
import { Empty } from "../ui/states.tsx";
import "./import.css";
import type { Sent } from "../api/upload.ts";
import { Columns } from "./columns.tsx";
import { type Draft, draftOf } from "./draft.ts";
import { DropFile } from "./drop-file.tsx";
import { Faults } from "./faults.tsx";
import { FileFacts } from "./file-facts.tsx";
import { Report } from "./report.tsx";
import { checkDraft } from "./send.ts";
import { Start } from "./start.tsx";
import { Values } from "./values.tsx";

/** Will this file work: drop it, say what its columns are, correct its rows, start. */
const ImportScreen = () => {
  const session = useSession();
  return (
    <Screen title="Import">
      {mayDo(session, "write") ? (
        <Wizard />
      ) : (
        <Empty title="Your key may not import">
          <p>
            The key <bdi>{session.name}</bdi> may look at installs, not make them. Ask for one with the scope{" "}
            <code>write</code>.
          </p>
        </Empty>
      )}
    </Screen>
  );
};

const Wizard = () => {
  const [draft, setDraft] = useState<Draft | undefined>();
  const [file, setFile] = useState<DetectedFile | undefined>();
  const [checked, setChecked] = useState<Draft | undefined>();
  const [sent, setSent] = useState<Sent | undefined>();
  const check = useMutation({
    mutationFn: (checking: Draft) => checkDraft(checking, setSent),
    onMutate: (checking: Draft) => {
      setChecked(checking);
      setSent(undefined);
    },
    onSuccess: (report) => setFile(report.file),
    onError: (fault) => {
      if (fault instanceof ProblemError && fault.file !== undefined) setFile(fault.file);
    },
    // Variables of a mutation stay in its cache, and a draft may hold a token.
    gcTime: 0,
  });
  const begin = (dropped: File): void => {
    const fresh = draftOf(dropped);
    setFile(undefined);
    setDraft(fresh);
    check.mutate(fresh);
  };
  if (draft === undefined) return <DropFile onFile={begin} />;
  /** Changes the draft, and has it checked at once where that is one press. */
  const change = (changed: Partial<Draft>, isWhole: boolean): void => {
    const next = { ...draft, ...changed };
    setDraft(next);
    if (isWhole) check.mutate(next);
  };
  const recheck = (): void => {
    if (checked !== draft) check.mutate(draft);
  };
  const parts = { draft, file, change, recheck, isChecking: check.isPending };
  const isStale = checked !== draft || check.isPending;
  return (
    <div className="stack wizard">
      <FileFacts {...parts} onOther={() => setDraft(undefined)} />
      {file?.columns !== undefined && <Columns {...parts} columns={file.columns} />}
      {file !== undefined && <Values {...parts} />}
      <Report
        report={check.data}
        error={check.error}
        isChecking={check.isPending}
        isStale={isStale}
        recheck={() => check.mutate(draft)}
        sent={check.isPending ? sent : undefined}
      />
      {check.data !== undefined && check.data.rejected > 0 && <Faults {...parts} report={check.data} />}
      {check.data !== undefined && (
        <Start key={draft.file.name} draft={draft} report={check.data} isStale={isStale} />
      )}
    </div>
  );
};

export default ImportScreen;
