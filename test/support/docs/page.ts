/** A page of the docs, taken apart into what its names are looked for in. */
export interface Page {
  /** Path within the repository. */
  readonly name: string;
  readonly text: string;
  /** Code blocks, whose broken lines (`\` at the end) are joined. */
  readonly blocks: readonly { readonly language: string; readonly text: string }[];
  /** What stands between backticks in prose. */
  readonly spans: readonly string[];
  /** The text without its code blocks. */
  readonly prose: string;
}

const block = /^ *```(\w*)\n([\s\S]*?)^ *```$/gm;

export const readPage = (name: string, text: string): Page => {
  const prose = text.replace(block, "");
  return {
    name,
    text,
    blocks: [...text.matchAll(block)].map(([, language = "", code = ""]) => ({
      language,
      text: code.replaceAll(/\\\n\s*/g, ""),
    })),
    // A span may be broken over two lines.
    spans: [...prose.matchAll(/(?<!`)`([^`]+)`(?!`)/g)].map(([, span = ""]) => span.replaceAll(/\s+/g, " ")),
    prose,
  };
};
