/**
 * Builds the page of connect links and connect.js into dist/connect-page: `npm run build:connect`, and `prepare` with
 * `--if-installed`, which does nothing where development packages are not installed.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { compress, loadVite } from "../console/build-files.js";

const target = join(import.meta.dirname, "../dist/connect-page");

/** The page stands one folder below the service, at /c/<id>, and its files beside that. */
const liftAddresses = async () => {
  const file = join(target, "index.html");
  const html = await readFile(file, "utf8");
  await writeFile(file, html.replaceAll('"./assets/', '"../assets/'));
};

const vite = await loadVite();
if (vite !== undefined) {
  const { page, script } = await import("./vite.config.js");
  for (const config of [page, script]) await vite.build({ ...config, configFile: false, logLevel: "error" });
  await liftAddresses();
  await compress(target);
}
