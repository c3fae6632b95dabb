import type { SignupChoice } from "./signup-endings.ts";

const buttons = [
  ["finish", "Finish with a number"],
  ["finish_unverified", "Finish with a number that is not verified"],
  ["finish_only_waba", "Finish without a number"],
  ["finish_business_app", "Finish with a number of the WhatsApp Business app"],
  ["finish_business_app_without_phone_id", "The same, and its id is not told"],
  ["cancel", "Cancel at the step"],
  ["error", "Report the error"],
  ["closed", "Close without a word"],
] as const satisfies readonly (readonly [SignupChoice["ending"], string])[];

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

const document = (body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Signup at the simulated Meta</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/meta/signup/window.css">
</head>
<body><main>${body}</main></body>
</html>
`;

const field = (name: keyof SignupChoice, label: string, value: string): string =>
  `<label>${label} <input name="${name}" value="${escaped(value)}" autocomplete="off"></label>`;

/** The window: what the customer would choose at Meta, and a button for every ending. */
export const windowPage = (shown: {
  readonly wabaId: string;
  readonly phoneId: string;
  readonly phoneNumber: string;
  /** Carried out without a click. */
  readonly preset: SignupChoice | undefined;
}): string =>
  document(`<h1>WhatsApp signup</h1>
<p>This window plays Meta's. Nothing leaves this machine.</p>
<form${shown.preset === undefined ? "" : ` data-preset="${escaped(JSON.stringify(shown.preset))}"`}>
${field("wabaId", "WhatsApp Business account", shown.wabaId)}
${field("phoneId", "Phone number id", shown.phoneId)}
${field("phoneNumber", "Phone number", shown.phoneNumber)}
${field("step", "Step", "PHONE_NUMBER_SETUP")}
${field("errorId", "Error id", "524126")}
${field("code", "Code (empty: at random)", "")}
<label>First comes <select name="first"><option value="message">the message</option><option value="code">the code</option></select></label>
${buttons.map(([ending, label]) => `<button value="${ending}">${label}</button>`).join("\n")}
</form>
<script src="/meta/signup/window.js"></script>`);

/** What Meta shows in place of the window. */
export const refusalPage = (reason: string): string => document(`<h1>Sorry</h1><p>${escaped(reason)}</p>`);

/**
 * Asks the server how the signup ends, posts message and code to the page of the origin that opened the window, and closes it.
 * The code is posted as the SDK's own message is: text that is not JSON.
 */
export const windowScript = `const form = document.querySelector("form");
const query = new URLSearchParams(location.search);
const post = (text) => opener?.postMessage(text, query.get("origin"));
const end = async (choice) => {
  const response = await fetch("/meta/signup/end", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(choice),
  });
  const { message, code, first } = await response.json();
  const posts = [
    ...(message === undefined ? [] : [["message", JSON.stringify(message)]]),
    ...(code === undefined ? [] : [["code", new URLSearchParams({ cb: query.get("cb"), code }).toString()]]),
  ].sort(([one], [other]) => Number(other === first) - Number(one === first));
  for (const [, text] of posts) post(text);
  // What was posted by a closed window has no source.
  setTimeout(() => close(), 50);
};
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const filled = [...new FormData(form)].filter(([, value]) => value !== "");
  void end({ ...Object.fromEntries(filled), ending: event.submitter.value });
});
if (form.dataset.preset !== undefined) void end(JSON.parse(form.dataset.preset));
`;

export const windowStyle = `:root { color-scheme: light dark; font: 16px/1.4 system-ui, sans-serif; }
main { max-width: 32rem; margin: 0 auto; padding: 1rem; }
form, label { display: grid; gap: 0.5rem; }
input, select, button { font: inherit; padding: 0.4rem; }
`;
