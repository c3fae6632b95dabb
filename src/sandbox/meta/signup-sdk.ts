/**
 * Meta's JavaScript SDK as far as the signup uses it: `FB.init`, `FB.login` and `fbAsyncInit`. As Meta's, it opens the window
 * in the call itself, takes no async callback, and answers `authResponse: null` when the window is closed.
 *
 * @see https://developers.facebook.com/docs/reference/javascript/FB.login
 */
export const sdkScript = `(() => {
  const base = document.currentScript.src.replace(/\\/sdk\\.js.*$/, "");
  const origin = new URL(base).origin;
  let app;
  const login = (callback, options = {}) => {
    if (app === undefined) return console.error("FB.login() called before FB.init().");
    if (typeof callback !== "function" || callback.constructor.name === "AsyncFunction")
      throw new Error("Expression is of type asyncfunction, not function");
    const cb = "f" + Math.random().toString(36).slice(2);
    const query = new URLSearchParams({
      app_id: app.appId,
      config_id: options.config_id ?? "",
      response_type: options.response_type ?? "token",
      override_default_response_type: String(options.override_default_response_type ?? false),
      extras: JSON.stringify(options.extras ?? {}),
      display: "popup",
      origin: location.origin,
      cb,
    });
    const popup = window.open(base + "/" + app.version + "/dialog/oauth?" + query, cb, "width=600,height=720");
    const answer = (response) => {
      clearInterval(timer);
      removeEventListener("message", hear);
      callback(response);
    };
    const hear = (event) => {
      if (event.origin !== origin || event.source !== popup || typeof event.data !== "string") return;
      const said = new URLSearchParams(event.data);
      if (said.get("cb") !== cb) return;
      answer({ authResponse: { userID: null, expiresIn: null, code: said.get("code") }, status: null });
    };
    const timer = setInterval(() => {
      if (popup === null || popup.closed) answer({ authResponse: null, status: "unknown" });
    }, 100);
    addEventListener("message", hear);
  };
  window.FB = { init: (options) => { app = options; }, login };
  window.fbAsyncInit?.();
})();
`;
