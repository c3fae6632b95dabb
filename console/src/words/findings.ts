import type { Finding } from "../api/resources.ts";
import type { StatusLook } from "../ui/status-mark.tsx";

/** What a check of the doctor found, as a screen shows it. */
export const findingLooks = {
  fail: { word: "Fails", sign: "cross", tone: "bad", isFilled: true },
  warn: { word: "Warns", sign: "up", tone: "warning" },
  ok: { word: "Passed", sign: "check", tone: "good", isFilled: true },
  skipped: { word: "Skipped", sign: "slash", tone: "neutral" },
} as const satisfies Record<Finding["status"], StatusLook>;

/** How the checks went, in a sentence. */
export const checksSentence = (checks: readonly Finding[]): string => {
  const count = (status: Finding["status"]) => checks.filter((check) => check.status === status).length;
  const [fails, warns] = [count("fail"), count("warn")];
  if (fails === 0 && warns === 0) return "Everything works.";
  const parts = [
    ...(fails > 0 ? [`${fails} ${fails === 1 ? "check fails" : "checks fail"}`] : []),
    ...(warns > 0 ? [`${warns} ${warns === 1 ? "warning" : "warnings"}`] : []),
  ];
  return `${parts.join(", ")}; below stands what to do.`;
};
