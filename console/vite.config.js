import { join } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const api = process.env.PERCH_API_URL ?? "http://127.0.0.1:3000";

/** The console and the sandbox's page as files that the API and the sandbox serve; `npm run console:dev` serves it from source, beside an API that runs. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    outDir: "../dist/console",
    rolldownOptions: {
      input: ["index.html", "sandbox.html"].map((page) => join(import.meta.dirname, page)),
    },
    emptyOutDir: true,
    // The policy of the page allows files of its own origin only, no data: addresses.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1000,
    reportCompressedSize: false,
  },
  server: { proxy: { "/v1": api, "/openapi.json": api, "/docs": api, "/readyz": api } },
});
