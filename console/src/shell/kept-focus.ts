const stops = "a[href], button:enabled, input:enabled, textarea:enabled, summary, [tabindex='0']";

const address = (): string => location.pathname + location.search;

/**
 * Gives the focus a place when what had it is gone, as an action that is done or a row that was opened is: what Tab passed
 * before it, so that Tab goes on from there; on another screen the screen; and on the way back to a list the link that led
 * away from it. Without it the browser has the focus nowhere, and a screen reader begins at the top of the page.
 */
export const keepFocus = (): void => {
  /** Addresses, each with the link by which it was left. */
  const leftBy = new Map<string, string>();
  let had: HTMLElement | undefined;
  /** What Tab passes before it, the nearest first. */
  let passed: readonly HTMLElement[] = [];
  let wayBack: string | undefined;
  let frame = 0;

  const settle = (): void => {
    const screen = document.querySelector<HTMLElement>("main");
    const { activeElement, body } = document;
    if (screen === null || (activeElement !== body && activeElement !== screen)) return;
    const link =
      wayBack === undefined ? null : screen.querySelector<HTMLElement>(`a[href="${CSS.escape(wayBack)}"]`);
    if (link !== null) {
      wayBack = undefined;
      link.focus();
    } else if (activeElement === body && had?.isConnected === false)
      (passed.find((each) => screen.contains(each)) ?? screen).focus({ preventScroll: true });
  };

  new MutationObserver(() => {
    cancelAnimationFrame(frame);
    // A dialog that closes gives the focus back in the next frame: this comes after it.
    frame = requestAnimationFrame(() => {
      frame = requestAnimationFrame(settle);
    });
  }).observe(document.body, { subtree: true, childList: true });

  document.addEventListener("focusin", ({ target }) => {
    // A dialog stands beside the screen, and goes: what opened it counts.
    const screen = target instanceof HTMLElement ? target.closest("main") : null;
    if (screen === null || !(target instanceof HTMLElement)) return;
    had = target;
    const all = [...screen.querySelectorAll<HTMLElement>(stops)].filter(({ tabIndex }) => tabIndex === 0);
    passed = all.slice(0, Math.max(0, all.indexOf(target))).reverse();
  });

  const forget = (): void => {
    wayBack = undefined;
  };
  document.addEventListener("keydown", forget, true);
  document.addEventListener("pointerdown", forget, true);
  document.addEventListener(
    "click",
    ({ target }) => {
      const link = target instanceof Element ? target.closest("main a[href]") : null;
      const href = link?.getAttribute("href") ?? undefined;
      if (href !== undefined) leftBy.set(address(), href);
    },
    true,
  );
  window.addEventListener("popstate", () => {
    wayBack = leftBy.get(address());
  });
};
