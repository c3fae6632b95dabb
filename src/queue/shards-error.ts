/** The fleet works with more shards than this process knows of. */
export class ShardsError extends Error {
  readonly code = "too_few_shards";

  constructor(needed: number) {
    super(
      `SHARDS is too small: this Redis spreads installs in ${needed} shards. Set SHARDS=${needed} for every process and start this one again; perch shards shows who uses how many.`,
    );
    this.name = "ShardsError";
  }
}
