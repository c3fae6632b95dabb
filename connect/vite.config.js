import { join } from "node:path";
import { defineConfig } from "vite";

const shared = {
  root: import.meta.dirname,
  // Addresses of the page's files are relative to it, so that the service may be published under any path.
  base: "./",
};

const output = { outDir: "../dist/connect-page", assetsInlineLimit: 0, reportCompressedSize: false };

/** The page on which customers connect. */
export const page = defineConfig({
  ...shared,
  build: { ...output, emptyOutDir: true, modulePreload: false },
});

/** `connect.js`, one classic script that defines `Perch`. */
export const script = defineConfig({
  ...shared,
  build: {
    ...output,
    emptyOutDir: false,
    target: "es2022",
    lib: {
      entry: join(import.meta.dirname, "src/connect-js.ts"),
      formats: ["iife"],
      name: "Perch",
      fileName: () => "connect.js",
    },
  },
});
