/** Options that many commands have, as arguments of commander's `option`. */
export const json = ["--json", "print the resource as JSON", false] as const;
export const yes = ["--yes", "do not ask", false] as const;
