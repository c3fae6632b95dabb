import type { ProducerOptions } from "../producer/facade.ts";
import { createProducer, type Producer } from "../producer/producer.ts";
import type { RoleDeps } from "./role.ts";

/** Opens a producer for the same Redis and keys as a role's; `opened` closes it. */
export const openProducer = async (
  { redisUrl, keys, opened }: Pick<RoleDeps, "redisUrl" | "keys" | "opened">,
  options: Omit<ProducerOptions, "redisUrl" | "prefix" | "shards">,
  how?: Parameters<typeof createProducer>[1],
): Promise<Producer> => {
  const { prefix, shards } = keys;
  const producer = await createProducer({ redisUrl, prefix, shards: shards.length, ...options }, how);
  opened.defer(producer.close);
  return producer;
};
