import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, globSync, realpathSync } from "node:fs";
import { chmod, chown, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** The user `nobody` of Debian: PostgreSQL refuses to run as root. */
const unprivileged = 65_534;
const user = process.getuid?.() === 0 ? { uid: unprivileged, gid: unprivileged } : {};

const programs = ["initdb", "pg_isready", "postgres"];

/**
 * Folder of PostgreSQL's programs: that of the `postgres` on PATH, which may be a link, else the newest where Debian has
 * them; undefined when there is none.
 */
export const findPostgres = (): string | undefined =>
  [
    ...(process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, "postgres")),
    ...globSync("/usr/lib/postgresql/*/bin/postgres").sort((a, b) =>
      b.localeCompare(a, "en", { numeric: true }),
    ),
  ]
    .filter((program) => existsSync(program))
    .map((program) => dirname(realpathSync(program)))
    .find((folder) => programs.every((program) => existsSync(join(folder, program))));

/**
 * Starts an empty PostgreSQL with the defaults of `initdb` and room for more connections, in a temporary folder and on a
 * Unix socket of its own that only its user and root can reach.
 */
export const startPostgres = async (binFolder: string) => {
  const folder = await mkdtemp(join(tmpdir(), "perch-peers-"));
  if (user.uid !== undefined) await chown(folder, user.uid, user.gid);
  await chmod(folder, 0o700);
  const data = join(folder, "data");
  const options = { ...user, cwd: folder, env: { LC_ALL: "C" } };
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const initdb = ["-D", data, "--username=bench", "--auth=trust", "--encoding=UTF8", "--no-sync"];
    await execute(join(binFolder, "initdb"), initdb, options);
    const flags = ["-c", "listen_addresses=", "-c", "max_connections=300"];
    const server = spawn(join(binFolder, "postgres"), ["-D", data, "-k", folder, ...flags], {
      ...options,
      stdio: "ignore",
    });
    await once(server, "spawn");
    const isReady = async () => {
      if (server.exitCode !== null) throw new Error(`postgres exited with code ${server.exitCode}`);
      const asked = execute(join(binFolder, "pg_isready"), ["-h", folder], options);
      return asked.then(
        () => true,
        () => false,
      );
    };
    while (!(await isReady())) await pause(50);
    return {
      pid: server.pid ?? 0,
      env: { PGHOST: folder, PGUSER: "bench", PGDATABASE: "postgres" },
      /** Ends every session at once and waits for the server's exit. */
      stop: async () => {
        server.kill("SIGINT");
        if (server.exitCode === null && server.signalCode === null) await once(server, "exit");
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
};
