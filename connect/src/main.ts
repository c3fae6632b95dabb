import "./page.css";
import { chooseLanguage } from "./language.ts";
import { createSession } from "./session.ts";
import { createView } from "./view.ts";

/** How long the customer can read the end before the page goes back to who sent them, ms. */
const redirectAfterMs = 5000;

/**
 * The whole link. Its secret is taken out of the address, because Meta's SDK sends the page's address to Meta, and kept for this
 * tab alone, so that a reload still knows it.
 */
const takeLink = (): string => {
  const { origin, pathname, search, hash } = location;
  const key = `perch-connect:${pathname}`;
  const page = `${origin}${pathname}`;
  try {
    if (hash.length > 1) sessionStorage.setItem(key, hash);
    const kept = sessionStorage.getItem(key) ?? "";
    history.replaceState(null, "", pathname + search);
    return page + kept;
  } catch {
    // No storage: the secret stays in the address, or a reload would lose it.
    return page + hash;
  }
};

const root = document.querySelector<HTMLElement>("#connect");
if (root !== null) {
  const language = chooseLanguage(location.search, navigator.languages);
  document.documentElement.lang = language.tag;
  const show = createView({ root, language, start: () => session.start() });
  let isLeaving = false;
  const session = createSession({
    link: takeLink(),
    onStatus: (status) => {
      // The first status comes before there is a session.
      queueMicrotask(() => show(status));
      const { redirectUrl } = status;
      if (isLeaving || status.status !== "connected" || redirectUrl === undefined) return;
      isLeaving = true;
      setTimeout(() => location.assign(redirectUrl), redirectAfterMs);
    },
  });
  // The same page opened with another link.
  window.addEventListener("hashchange", () => location.reload());
}
