import type { ConnectProgress } from "./answers.ts";
import type { Language } from "./language.ts";
import type { ConnectStatus } from "./session.ts";

type Child = Node | string;

const element = <Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Partial<HTMLElementTagNameMap[Tag]> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};

const paragraph = (text: string, className = ""): HTMLElement => element("p", { className }, text);

/** What a screen says, from top to bottom. */
interface Screen {
  readonly heading: string;
  readonly body: readonly Child[];
  readonly button?: string | undefined;
  readonly end?: readonly Child[];
}

const steps = ["signup", "number", "channel"] as const;

/** Which of the steps is under way. */
const stepOf = (progress: ConnectProgress | undefined): number => (progress === "activating" ? 2 : 1);

const progressList = (language: Language, at: number): HTMLElement =>
  element(
    "ol",
    { className: "steps" },
    ...steps.map((step, index) => {
      const state = index < at ? "done" : index === at ? "doing" : "waiting";
      const item = element(
        "li",
        { className: state },
        element("span", {}, language.text(`step.${step}`)),
        element("span", { className: "state" }, language.text(`step.${state}`)),
      );
      if (state === "doing") item.setAttribute("aria-current", "step");
      return item;
    }),
  );

const backTo = (language: Language, redirectUrl: string): readonly Child[] => [
  element(
    "a",
    { href: redirectUrl, className: "button" },
    language.text("connected.back", { host: new URL(redirectUrl).host }),
  ),
  paragraph(language.text("connected.soon"), "quiet"),
];

const screenOf = (language: Language, shown: ConnectStatus): Screen => {
  const { status, code, canStart, progress, name = "", expiresAt, redirectUrl } = shown;
  const names = { name };
  const { text } = language;
  const again = canStart ? text("again.button") : undefined;
  switch (status) {
    case "loading":
      return { heading: text("loading"), body: [] };
    case "ready": {
      const problems = { popup_blocked: 1, sdk_unavailable: 1, elsewhere: 1 };
      const isProblem = (key: string | undefined): key is keyof typeof problems =>
        key !== undefined && Object.hasOwn(problems, key);
      const until =
        expiresAt === undefined
          ? []
          : [paragraph(text("ask.expires", { date: language.date(expiresAt) }), "quiet")];
      return {
        heading: text("ask.heading", names),
        body: [
          ...(isProblem(code) ? [paragraph(text(`problem.${code}`), "problem")] : []),
          paragraph(text("ask.body", names)),
          paragraph(text("ask.needs")),
        ],
        button: code === "elsewhere" ? text("again.button") : text("ask.button"),
        end: [paragraph(text("ask.access", names), "quiet"), ...until],
      };
    }
    case "signing_up":
      return {
        heading: text("window.heading"),
        body: [paragraph(text("window.body"))],
        button: text("window.button"),
      };
    case "finishing":
      return {
        heading: text("finishing.heading"),
        body: [
          progressList(language, stepOf(progress)),
          ...(progress === "delayed" ? [paragraph(text("finishing.delayed"))] : []),
          paragraph(text("finishing.body")),
        ],
      };
    case "connected":
      return {
        heading: text("connected.heading"),
        body: [progressList(language, steps.length), paragraph(text("connected.body", names))],
        end: redirectUrl === undefined ? [] : backTo(language, redirectUrl),
      };
    case "failed":
      return {
        heading: text("failed.heading"),
        body: [paragraph(language.failure(code, names))],
        button: again,
      };
    default:
      return { heading: text(`${status}.heading`), body: [paragraph(text(`${status}.body`))], button: again };
  }
};

/** Shows how far the customer is; changes are announced to screen readers, and the focus stays where something is. */
export const createView = (deps: {
  readonly root: HTMLElement;
  readonly language: Language;
  readonly start: () => void;
}): ((shown: ConnectStatus) => void) => {
  const { root, language, start } = deps;
  const logo = element("img", { className: "logo", alt: "", hidden: true });
  const heading = element("h1", { tabIndex: -1 });
  const body = element("div", { className: "body" });
  const button = element("button", { type: "button", className: "button" });
  const end = element("div", { className: "end" });
  const live = element("div", {}, heading, body);
  live.setAttribute("aria-live", "polite");
  button.addEventListener("click", start);
  logo.addEventListener("error", () => logo.remove());
  root.append(element("div", { className: "card" }, logo, live, button, end));
  return (shown) => {
    const screen = screenOf(language, shown);
    const hadFocus = document.activeElement === button || end.contains(document.activeElement);
    if (shown.logoUrl !== undefined && logo.src !== shown.logoUrl) {
      logo.src = shown.logoUrl;
      logo.hidden = false;
    }
    root.dataset.status = shown.status;
    document.title = `${screen.heading} · ${language.text("title")}`;
    if (heading.textContent !== screen.heading) heading.textContent = screen.heading;
    body.replaceChildren(...screen.body);
    end.replaceChildren(...(screen.end ?? []));
    button.hidden = screen.button === undefined;
    button.textContent = screen.button ?? "";
    if (hadFocus && button.hidden) heading.focus();
  };
};
