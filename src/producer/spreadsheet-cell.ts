/** How formulas begin, after blanks and in full-width letters too, and what some programs skip before one. */
const beginning = "(?:\\s*[=+\\-@\uff1d\uff0b\uff0d\uff20]|[\\t\\r\\n])";
const formula = new RegExp(`^'*${beginning}`);
const guarded = new RegExp(`^'+${beginning}`);

/**
 * A cell as a spreadsheet may safely open it: one that would be taken for a formula gets a leading apostrophe.
 *
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
export const neutraliseCell = (text: string): string => (formula.test(text) ? `'${text}` : text);

/** The exact reverse of {@link neutraliseCell}. */
export const restoreCell = (text: string): string => (guarded.test(text) ? text.slice(1) : text);
