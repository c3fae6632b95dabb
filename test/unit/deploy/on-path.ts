import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Where a program is; undefined when PATH has none of that name. */
export const onPath = (program: string): string | undefined =>
  (process.env.PATH ?? "")
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((file) => existsSync(file));
