/**
 * Builds the console into dist/console: `npm run build:console`, and `prepare` with `--if-installed`, which does nothing
 * where development packages are not installed. Plain JavaScript, because `prepare` may run on a Node that strips no types.
 */
import { join } from "node:path";
import { compress, loadVite } from "./build-files.js";

const vite = await loadVite();
if (vite !== undefined) {
  await vite.build({ configFile: join(import.meta.dirname, "vite.config.js"), logLevel: "error" });
  await compress(join(import.meta.dirname, "../dist/console"));
}
