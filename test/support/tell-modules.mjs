/** Preloaded into a process: prints the name of every package of OpenTelemetry, and bullmq-otel, that is loaded. */
import { writeSync } from "node:fs";
import { registerHooks } from "node:module";

const told = new Set();
registerHooks({
  load: (url, context, nextLoad) => {
    const name = /node_modules\/(@opentelemetry\/[^/]+|bullmq-otel)\//.exec(url)?.[1];
    if (name !== undefined && !told.has(name)) writeSync(2, `loaded ${name}\n`);
    told.add(name);
    return nextLoad(url, context);
  },
});
