/** The members of a package that apt needs to take it for installed; without its relations, none of it is ever broken. */
const keptFields = ["Package", "Status", "Architecture", "Multi-Arch", "Version", "Provides"] as const;

/**
 * The packages a server consists of, with the libraries that are rarely there without one.
 *
 * The general ones (libssl, libsystemd) stay the machine's own: the archive's may be older, and they go together with
 * what else is installed.
 */
const serverPackages = /^(?:redis|valkey|libjemalloc|liblzf|liblua|lua-|libhiredis|libvalkey)/;

/**
 * Converts the machine's dpkg status to one for an apt that fetches a whole server.
 *
 * What a server consists of counts as missing, so that its files are fetched whether or not the machine claims to have
 * them: Debian keeps the server's program in `redis-tools`, which many machines have without a server. Everything
 * else stays installed and is not fetched. A package on hold or half installed is no obstacle.
 *
 * @param status the text of `/var/lib/dpkg/status`, in the form of deb-control(5)
 */
export function installedStubs(status: string): string {
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
