/** A column's name as it is compared: letter case, spaces, underscores and dashes do not count. */
export const foldName = (name: string): string => name.toLowerCase().replaceAll(/[\s_-]/g, "");
