/** The value of a JSON text; undefined where the text is none, or there is no text. */
export const jsonOrUndefined = (text: string | null | undefined): unknown => {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
};
