/** JSON as it was found in Redis; undefined where it is none, which spoils nothing but the thing it is of. */
export const storedJson = (text: string | null | undefined): unknown => {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
};
