import { execFile } from "node:child_process";
import { glob, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const stepTimeoutMs = 120_000;
const connectTimeoutS = 15;

/** The C library is not among them: it must be that of the machine's loader. */
const unpackedFiles = /^(?:redis|valkey|lua-|lib(?!c\d))/;

/** Hooks of the machine's apt are meant for its own lists and caches, and some fail without root. */
const hooksOff = ["Pre-Invoke", "Post-Invoke", "Post-Invoke-Success"]
  .map((hook) => `#clear APT::Update::${hook};\n`)
  .join("");

/**
 * Creates an apt that uses the machine's sources, keys and proxies but writes only below `dir`, so it needs no root.
 *
 * Its dpkg status is a copy of the machine's in which no part of a server is installed.
 *
 * Options are those of apt.conf(5) and apt-get(8). The environment is inherited, as apt takes its proxies from there.
 */
export async function createPrivateApt(deps: {
  readonly aptGet: string;
  readonly dir: string;
  /** The machine's list of installed packages. */
  readonly dpkgStatusFile: string;
}): Promise<{
  /** Downloads a package with its missing dependencies; returns the `.deb` files of the server and its libraries. */
  download(packageName: string): Promise<readonly string[]>;
}> {
  const { aptGet, dir, dpkgStatusFile } = deps;
  const archives = join(dir, "archives");
  await mkdir(join(dir, "state", "lists", "partial"), { recursive: true });
  await mkdir(join(archives, "partial"), { recursive: true });
  await mkdir(join(dir, "log"));
  const hooksFile = join(dir, "hooks-off.conf");
  await writeFile(hooksFile, hooksOff);
  await writeFile(statusFile(dir), installedStubs(await readFile(dpkgStatusFile, "utf8")));
  const run = (...words: readonly string[]) =>
    promisify(execFile)(aptGet, ["--config-file", hooksFile, ...privateOptions(dir), ...words], {
      timeout: stepTimeoutMs,
    });
  // One unreachable source fails the whole update; the download shows whether the package is available.
  const updated = await run("update").then(
    () => undefined,
    (error: unknown) => error,
  );

  return {
    async download(packageName) {
      try {
        await run("install", "--yes", "--download-only", packageName);
      } catch (error) {
        throw new Error(`apt-get could not download ${packageName}`, { cause: updated ?? error });
      }
      const files = await Array.fromAsync(glob("*.deb", { cwd: archives }));
      return files.filter((file) => unpackedFiles.test(file)).map((file) => join(archives, file));
    },
  };
}

function statusFile(dir: string): string {
  return join(dir, "state", "status");
}

function privateOptions(dir: string): readonly string[] {
  return [
    `Dir::State=${join(dir, "state")}`,
    `Dir::State::Lists=${join(dir, "state", "lists")}`,
    `Dir::State::status=${statusFile(dir)}`,
    `Dir::Cache=${dir}`,
    `Dir::Cache::archives=${join(dir, "archives")}`,
    `Dir::Log=${join(dir, "log")}`,
    "Debug::NoLocking=1",
    // Empty: as root, apt would otherwise download as a user who cannot enter the private folder.
    "APT::Sandbox::User=",
    "APT::Install-Recommends=0",
    "Acquire::Languages=none",
    `Acquire::http::Timeout=${connectTimeoutS}`,
    `Acquire::https::Timeout=${connectTimeoutS}`,
  ].flatMap((option) => ["--option", option]);
}

/** The fields by which apt counts a package as installed; without its relations no dependency can be broken. */
const keptFields = ["Package", "Status", "Architecture", "Multi-Arch", "Version", "Provides"] as const;

/**
 * The packages of a server, with the libraries that are rarely installed without one.
 *
 * General libraries (libssl, libsystemd) are not fetched: the archive's may be older than the machine's, which match the
 * other installed packages.
 */
const serverPackages = /^(?:redis|valkey|libjemalloc|liblzf|liblua|lua-|libhiredis|libvalkey)/;

/**
 * Converts the machine's dpkg status to one for an apt that fetches a whole server.
 *
 * The packages of a server count as missing, so that their files are fetched even if the machine has them: Debian ships the
 * server's program in `redis-tools`, which many machines have without a server. Everything else counts as installed and is
 * not fetched. Packages on hold or half installed are accepted.
 *
 * @param status the text of `/var/lib/dpkg/status`, in the form of deb-control(5)
 */
function installedStubs(status: string): string {
  return status
    .split(/\n(?:[ \t]*\n)+/)
    .map(readFields)
    .filter((fields) => fields.get("Status")?.endsWith(" ok installed") === true)
    .filter((fields) => !serverPackages.test(fields.get("Package") ?? ""))
    .map(writeStub)
    .join("\n");
}

function readFields(paragraph: string): ReadonlyMap<string, string> {
  const lines = paragraph.split("\n").flatMap((line) => {
    const [, name, value] = /^([A-Za-z-]+):\s*(.*)$/.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [[name, value] as const];
  });
  return new Map(lines);
}

function writeStub(fields: ReadonlyMap<string, string>): string {
  const lines = keptFields.flatMap((name) => {
    const value = name === "Status" ? "install ok installed" : fields.get(name);
    return value === undefined ? [] : [`${name}: ${value}\n`];
  });
  return lines.join("");
}
