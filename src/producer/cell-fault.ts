export const nulFault = "holds NUL bytes: save the file as CSV UTF-8 and write this row again";

/**
 * What is wrong with a cell's text that the schema can't say, because only a file and a spreadsheet do that to
 * it; undefined if nothing is.
 */
export const cellFault = (member: string, text: string): string | undefined => {
  if (text.includes("\ufffd")) {
    return "has characters that are not UTF-8: save the file as CSV UTF-8 and write the cell again";
  }
  if (text.includes("\0")) return nulFault;
  if (/^#(N\/A|REF!|NAME\?|VALUE!|DIV\/0!|NULL!|NUM!|SPILL!|CALC!|#+)$/.test(text)) {
    return "is what a spreadsheet shows in place of a value: correct the cell there and export the file again";
  }
  return member === "phoneNumber" ? numberFault(text) : undefined;
};

/** A decimal's zeros would be read as the number's last digits. */
const numberFault = (text: string): string | undefined => {
  if (/^\+?\d+([.,]\d+)?e\+?\d+$/i.test(text)) {
    return "was turned into a rounded number by a spreadsheet: format the column as text and paste the phone number again";
  }
  return /^\+?\d+[.,]0+$/.test(text)
    ? "was turned into a decimal number by a spreadsheet: format the column as text, so that nothing follows the digits"
    : undefined;
};
