import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";

const retryMs = 20;
const maxWaitMs = 600_000;
/** https://www.sqlite.org/rescode.html#busy */
const sqliteBusy = 5;

/**
 * Waits until this process alone may start or stop the server of a data directory, or fetch one; disposing it releases the lock.
 *
 * The lock is SQLite's on an empty database, because the kernel releases it when its holder dies, even
 * by SIGKILL or while the machine sleeps. A lock file that counts as stale after some seconds would have
 * each starter after a crash wait for that, and two that see it stale together would both take it.
 *
 * @throws Error when another process holds the lock for ten minutes, longer than fetching a server can take
 */
export async function acquireStartLock(file: string): Promise<Disposable> {
  const database = new DatabaseSync(file, { timeout: 0 });
  const giveUpAtMs = performance.now() + maxWaitMs;
  try {
    while (!tryLock(database)) {
      if (performance.now() > giveUpAtMs) throw new Error(`another process keeps ${file} locked`);
      await sleep(retryMs);
    }
  } catch (error) {
    database.close();
    throw error;
  }
  return { [Symbol.dispose]: () => database.close() };
}

function tryLock(database: DatabaseSync): boolean {
  try {
    database.exec("BEGIN EXCLUSIVE");
    return true;
  } catch (error) {
    if (error instanceof Error && "errcode" in error && error.errcode === sqliteBusy) return false;
    throw error;
  }
}
