import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { keepFocus } from "./shell/kept-focus.ts";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/controls.css";
import "./styles/data.css";
import "./styles/screens.css";
import "./styles/batches.css";
import "./styles/overview.css";

// A new version has been deployed: its page names the files that are there now.
window.addEventListener("vite:preloadError", () => location.reload());

const root = document.getElementById("console");
if (root === null) throw new TypeError("The page has no element for the console.");
keepFocus();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
