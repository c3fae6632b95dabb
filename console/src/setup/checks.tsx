import type { Finding } from "../api/resources.ts";
import { StatusMark } from "../ui/status-mark.tsx";
import { findingLooks } from "../words/findings.ts";

/** Findings as a list: what is wrong with its fix, and folded together what is well. */
export const Checks = ({ checks }: { readonly checks: readonly Finding[] }) => {
  const wrong = checks.filter(({ status }) => status === "fail" || status === "warn");
  return (
    <>
      <Findings checks={wrong} label="What needs attention" />
      <Folded title="passed" checks={checks.filter(({ status }) => status === "ok")} />
      <Folded title="skipped" checks={checks.filter(({ status }) => status === "skipped")} />
    </>
  );
};

const Folded = ({ title, checks }: { readonly title: string; readonly checks: readonly Finding[] }) =>
  checks.length === 0 ? null : (
    <details className="folded">
      <summary>
        {checks.length} {title}
      </summary>
      <Findings checks={checks} label={`Checks that ${title === "passed" ? "passed" : "were skipped"}`} />
    </details>
  );

const Findings = ({ checks, label }: { readonly checks: readonly Finding[]; readonly label: string }) =>
  checks.length === 0 ? null : (
    <ul className="findings" aria-label={label}>
      {checks.map(({ id, status, summary, fix }) => (
        <li key={id} data-tone={findingLooks[status].tone}>
          <StatusMark look={findingLooks[status]} />
          <div>
            <p dir="auto">{summary}</p>
            {fix !== undefined && (
              <p className="fix" dir="auto">
                {fix}
              </p>
            )}
            <code className="quiet">{id}</code>
          </div>
        </li>
      ))}
    </ul>
  );
