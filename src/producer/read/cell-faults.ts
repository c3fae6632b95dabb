import { installRequestSchema } from "../../install/request.ts";
import { isNoValue } from "../../install/values/no-value.ts";

/** Members that every request has. */
export const requiredMembers: readonly string[] = Object.entries(installRequestSchema.shape)
  .filter(([, schema]) => !schema.safeParse(undefined).success)
  .map(([member]) => member);

const isRequired: ReadonlySet<string> = new Set(requiredMembers);

/**
 * What spreadsheets show in place of a value that they cannot compute, in the languages they have.
 *
 * @see https://learn.microsoft.com/en-us/office/troubleshoot/excel/formula-error-values
 * @see https://help.libreoffice.org/latest/en-US/text/scalc/05/02140000.html
 */
const formulaFaults: readonly RegExp[] = [
  /^#+$/,
  /^#(?:N\/A|N\/D|N\/B|N\/V|NV|NA|I\/T|GETTING_DATA|OBTENTION_DONNEES|WARTEN_AUF_DATEN|OBTENIENDO_DATOS|ESTRAZIONE_DATI|OBTENDO_DADOS)!?$/i,
  /^#[¡¿]?[\p{Lu}\d/_ ]{2,24}[!?]$/u,
  /^(?:err|fehler|erreur|erro|errore|error|fout|błąd):\s?\d{3}$/i,
  /^(?:loading|wird geladen|chargement(?: en cours)?|cargando|carregando|caricamento(?: in corso)?|laden|ładowanie)(?:\.{3}|…)$/i,
];

/** Each of them begins or ends like this, and few other texts do. */
const maybeFormulaFault = /^#|\d$|\.{3}$|…$/;

const isFormulaFault = (text: string): boolean =>
  text.length <= 40 && maybeFormulaFault.test(text) && formulaFaults.some((pattern) => pattern.test(text));

/** What a text stands for that is no value; undefined for a value. */
const standIn = (member: string, text: string): "fault" | "none" | undefined => {
  // Ids and numbers, which most cells are: none of the patterns begins so.
  if (/^[+\d]/.test(text)) return undefined;
  if (isFormulaFault(text)) return "fault";
  return isNoValue(text, { isName: member === "name" }) ? "none" : undefined;
};

/**
 * Whether a text stands where there is no value, in a member that may be absent: a placeholder, or what a spreadsheet
 * shows of a formula that failed.
 *
 * @param isFilled Whether an empty cell of the member has a value from elsewhere.
 */
export const isStandIn = (member: string, text: string, isFilled: boolean): boolean =>
  (isFilled || !isRequired.has(member)) && standIn(member, text) !== undefined;

/** The issue of a required member whose text is none, or of an id that a spreadsheet has changed; undefined if there is none. */
export const textIssue = (member: string, text: string): string | undefined => {
  const what = standIn(member, text);
  if (what === "fault")
    return "is what a spreadsheet shows in place of a value: correct the cell there and export the file again";
  // A token's own rules say more.
  if (what === "none" && member !== "accessToken")
    return "is a placeholder and no value: write the value itself";
  if (text.includes("\ufffd"))
    return 'has "\ufffd", which stands for a character that an earlier program lost: write the cell again';
  if (member === "wabaId" || member === "phoneId") return idIssue(text);
  return undefined;
};

const asText = "format the column as text and paste the id again";

/** What spreadsheets make of a long id, in any notation. They keep fifteen digits of a number. */
const idIssue = (text: string): string | undefined => {
  if (/^\d+$/.test(text) && !text.endsWith("000")) return undefined;
  if (/^[+-]?\d[\d.,\s'’]*(?:e[+-]?\d+|[x×*·]\s*10\s*\^?\s*[+-]?\d+)$/i.test(text))
    return `was turned into a rounded number by a spreadsheet: ${asText}`;
  if (/^\d+[.,]0+$/.test(text)) return `was turned into a decimal number by a spreadsheet: ${asText}`;
  if (/^\d{1,4}(?:[.,\s'’_]\d{2,4})+$/.test(text))
    return `is written in groups of digits: ${asText}, without separators`;
  const isRounded = /^\d{15}0{3,}$/.test(text) || /^(?=\d{13,}$)\d+0{9,}$/.test(text);
  return isRounded ? `ends in zeros, as an id that a spreadsheet rounded does: ${asText}` : undefined;
};
