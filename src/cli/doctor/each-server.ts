import type { Check } from "./check.ts";
import type { DoctorServer } from "./doctor-context.ts";
import type { Verdict } from "./finding.ts";
import { verdictOf } from "./run-checks.ts";

const worstFirst = ["fail", "warn", "skipped", "ok"];

/** Judges every server that holds data and tells of the worst: a line, however many a cluster has. */
export const eachServer =
  (judge: (server: DoctorServer, now: () => number) => Promise<Verdict>): Check["run"] =>
  async ({ redis, now }) => {
    const { servers } = await redis();
    const verdicts = await Promise.all(
      servers.map(async (server) => {
        const verdict = await judge(server, now).catch(verdictOf);
        return servers.length === 1 ? verdict : { ...verdict, summary: `${server.name}: ${verdict.summary}` };
      }),
    );
    const [worst] = verdicts.toSorted((a, b) => worstFirst.indexOf(a.status) - worstFirst.indexOf(b.status));
    if (worst === undefined) throw new RangeError("a server");
    return worst.status === "ok" && servers.length > 1
      ? { ...worst, summary: `Each of ${servers.length} masters, among them ${worst.summary}` }
      : worst;
  };
