import { useDoctor } from "../session/doctor.ts";
import { useSession } from "../session/session.tsx";
import { ActionButton } from "../ui/action-button.tsx";
import { CodeBlock } from "../ui/code-block.tsx";
import { Moment } from "../ui/moment.tsx";
import { Screen } from "../ui/screen.tsx";
import { NotFresh, Unread } from "../ui/states.tsx";
import { checksSentence } from "../words/findings.ts";
import { Checks } from "./checks.tsx";
import { snippetsFor } from "./snippets.ts";

/** What is missing for production, and what an integration begins with. */
export const SetupScreen = () => {
  const { reading, isAllowed } = useDoctor();
  const { data: report, isReading, retry } = reading;
  const { signedInBy } = useSession();
  const { curl, typescript, csv } = snippetsFor(location.origin, { isOpen: signedInBy === "none" });
  return (
    <Screen
      title="Setup"
      lead={<p className="lead">What is missing for production, and what to begin with.</p>}
      actions={
        isAllowed && (
          <ActionButton isPending={isReading} onPress={retry}>
            {isReading ? "Running the checks…" : "Run again"}
          </ActionButton>
        )
      }
    >
      <div className="stack">
        <section className="panel" aria-labelledby="checks">
          <div className="panel-head">
            <h2 id="checks">Checks</h2>
            {report !== undefined && (
              <span className="quiet">
                ran <Moment at={report.ranAt} />
              </span>
            )}
          </div>
          {!isAllowed ? (
            <p className="quiet">
              The checks are about settings, keys and Redis as a whole: they need a key with the scope{" "}
              <code>admin</code> for all workspaces.
            </p>
          ) : report !== undefined ? (
            <>
              <NotFresh stale={reading.stale} isRepeated={false} />
              <p aria-live="polite">{checksSentence(report.checks)}</p>
              <Checks checks={report.checks} />
            </>
          ) : (
            <Unread reading={reading} label="Running the checks" />
          )}
        </section>
        <section className="panel" aria-labelledby="begin">
          <div className="panel-head">
            <h2 id="begin">Send the first number</h2>
            <a className="link" href="/docs">
              All of the API
            </a>
          </div>
          <div className="stack">
            <CodeBlock title="curl" text={curl} />
            <CodeBlock title="TypeScript" text={typescript} />
            <CodeBlock title="A CSV file, one number a row" text={csv} />
          </div>
        </section>
      </div>
    </Screen>
  );
};
