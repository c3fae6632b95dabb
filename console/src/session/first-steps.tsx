import { ScreenLink } from "../ui/link.tsx";
import { mayDo, useSession } from "./session.tsx";

/** How a Perch gets installs, as far as the caller may make some. */
export const FirstSteps = () =>
  mayDo(useSession(), "write") ? (
    <>
      <ScreenLink to="/import">Import a file of numbers</ScreenLink>, or{" "}
      <ScreenLink to="/setup">send the first one</ScreenLink> with <code>POST /v1/installs</code>.
    </>
  ) : (
    <>
      A key with the scope <code>write</code> makes some; <ScreenLink to="/setup">Setup</ScreenLink> says how.
    </>
  );
