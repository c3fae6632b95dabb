import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { queryClient } from "./api/query-client.ts";
import { SandboxScreen } from "./sandbox/sandbox-screen.tsx";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/controls.css";
import "./styles/data.css";
import "./styles/screens.css";
import "./styles/overview.css";
import "./sandbox/sandbox.css";

const root = document.getElementById("sandbox");
if (root === null) throw new TypeError("The page has no element for the sandbox.");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <SandboxScreen />
    </QueryClientProvider>
  </StrictMode>,
);
