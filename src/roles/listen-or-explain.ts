import type { SettingName } from "../config/config.ts";

type PortSetting = Extract<SettingName, `${string}_PORT`>;

/** Something else listens on a port already, or this user may not. */
class PortTakenError extends Error {
  readonly code = "port_taken";

  constructor(setting: PortSetting, port: number, cause: Error) {
    const why =
      "code" in cause && cause.code === "EACCES"
        ? "is not this user's to take"
        : "is taken by another process";
    super(`Port ${port} ${why}: set ${setting} to a free one, or ${setting}=0 for any.`, { cause });
    this.name = "PortTakenError";
  }
}

const codes: ReadonlySet<unknown> = new Set(["EADDRINUSE", "EACCES"]);

/** Starts what listens, and names the setting when its port cannot be had. @throws {PortTakenError} */
export const listenOrExplain = async <T>(
  setting: PortSetting,
  port: number,
  start: (port: number) => Promise<T>,
): Promise<T> => {
  try {
    return await start(port);
  } catch (error) {
    if (error instanceof Error && "code" in error && codes.has(error.code) && "syscall" in error)
      throw new PortTakenError(setting, port, error);
    throw error;
  }
};
