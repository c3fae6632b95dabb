import { Redis } from "ioredis";
import { z } from "zod";
import { createProducer } from "../../src/producer/producer.ts";
import { manyRows } from "../support/many-rows.ts";

/** Imports rows and kills itself right before a command it would send to Redis. Prints the commands it sent. */
const config = z
  .object({
    redisUrl: z.string(),
    prefix: z.string(),
    sealingKeys: z.string(),
    rowCount: z.number(),
    /** From 1; beyond the last: the import ends. */
    killBefore: z.number(),
  })
  .parse(JSON.parse(process.argv[2] ?? ""));

const producer = await createProducer(config);
const names: string[] = [];
const send = Redis.prototype.sendCommand;
Redis.prototype.sendCommand = function (this: Redis, command, stream) {
  names.push(command.name);
  if (names.length === config.killBefore) process.kill(process.pid, "SIGKILL");
  return send.call(this, command, stream);
};
const { rows } = await producer.importRows(manyRows(config.rowCount), {
  name: "numbers.csv",
  canary: 3,
  haltAt: 50,
});
for await (const _ of rows);
process.stdout.write(JSON.stringify(names));
await producer.close();
