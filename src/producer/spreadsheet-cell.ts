/**
 * A cell as a spreadsheet may safely open it: one that would be taken for a formula gets a leading apostrophe.
 *
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
export const neutraliseCell = (text: string): string => (/^'*[=+\-@\t\r]/.test(text) ? `'${text}` : text);

/** The exact reverse of {@link neutraliseCell}. */
export const restoreCell = (text: string): string => (/^'+[=+\-@\t\r]/.test(text) ? text.slice(1) : text);
