import assert from "node:assert/strict";
import { Command, Redis } from "ioredis";

/** The keys of each script that was sent with keys of more than one slot, by any connection of this process. */
const torn: (readonly string[])[] = [];
let isWatching = false;

/**
 * Watches the scripts that any connection of this process sends: a cluster refuses one whose keys are not all in one
 * slot, and the Redis of most tests does not.
 *
 * @returns what throws when a script was sent with keys of several slots, one of them of this namespace.
 */
export const watchSlots = (prefix: string): (() => void) => {
  if (!isWatching) watchEveryConnection();
  isWatching = true;
  const tag = prefix.replace(/[{}]/g, "");
  return () => {
    const its = torn.filter((keys) => keys.some((key) => key.includes(tag)));
    assert.deepEqual(its, [], "Scripts were sent with keys of several slots.");
  };
};

const watchEveryConnection = (): void => {
  const { sendCommand } = Redis.prototype;
  Redis.prototype.sendCommand = function (command, stream) {
    if (scripts.has(command.name)) {
      const keys = command.getKeys().map(String);
      if (new Set(keys.map(slotOf)).size > 1) torn.push(keys);
    }
    return sendCommand.call(this, command, stream);
  };
};

const scripts: ReadonlySet<string> = new Set(["eval", "evalsha"]);

/** As ioredis itself finds the node for a key. */
const slotOf = (key: string): number => new Command("get", [key]).getSlot();
