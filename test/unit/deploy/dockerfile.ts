import { readText } from "./repository.ts";

export interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** The instructions of the Dockerfile's last stage, which is the image; continued lines are one. */
export const imageInstructions = (): readonly Instruction[] => {
  const all = readText("Dockerfile")
    .replaceAll(/\\\n\s*/g, "")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => ({ name: line.split(" ")[0] ?? "", text: line.slice(line.indexOf(" ") + 1) }));
  return all.slice(all.findLastIndex(({ name }) => name === "FROM"));
};

/** What the image takes from the repository; its modules come from the stage that installs them. */
export const copiedFiles = (): readonly string[] =>
  imageInstructions()
    .filter(({ name, text }) => name === "COPY" && !text.startsWith("--from="))
    .map(({ text }) => text.split(" ")[0] ?? "");
