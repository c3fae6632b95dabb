/** The log's style: JSON for programs, or text for people, with colors or without. */
export type LogStyle = "json" | "text" | "colored";

/**
 * `LOG_FORMAT` decides, and without it whether the log goes to a terminal. Colors are for terminals only.
 *
 * @see https://no-color.org
 */
export const logStyle = (options: {
  readonly format: "text" | "json" | undefined;
  readonly isTty: boolean;
  /** The value of `NO_COLOR`; an empty one counts as not set. */
  readonly noColor: string | undefined;
}): LogStyle => {
  const { format = options.isTty ? "text" : "json", isTty, noColor = "" } = options;
  if (format === "json") return "json";
  return isTty && noColor === "" ? "colored" : "text";
};
