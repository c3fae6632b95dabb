import sax from "sax";
import { ImportFileError } from "../errors.ts";

type Attributes = Readonly<Record<string, string>>;

/** What is read of an XML document: its tags by their local names, and the texts between them. */
export interface XmlHandlers {
  readonly open: (name: string, attributes: Attributes) => void;
  readonly close?: ((name: string) => void) | undefined;
  readonly text?: ((text: string) => void) | undefined;
}

/**
 * Parses XML piece by piece. Knows the five entities of XML and no others, and refuses a document type, so that nothing
 * in it can be expanded or fetched.
 *
 * @throws {ImportFileError} from each of its functions.
 */
export const createXmlParser = (handlers: XmlHandlers) => {
  const parser = sax.parser(true, { position: false });
  const refuse = (cause?: unknown): never => {
    throw new ImportFileError("The workbook is damaged: save it again in a spreadsheet.", { cause });
  };
  parser.onerror = refuse;
  parser.ondoctype = refuse;
  parser.onopentag = ({ name, attributes }) => handlers.open(localName(name), textsOf(attributes));
  parser.onclosetag = (name) => handlers.close?.(localName(name));
  parser.ontext = (text) => handlers.text?.(text);
  parser.oncdata = (text) => handlers.text?.(text);
  return {
    write: (text: string): void => {
      parser.write(text);
    },
    end: (): void => {
      parser.close();
    },
  };
};

const localName = (name: string): string => name.slice(name.indexOf(":") + 1);

const textsOf = (attributes: Readonly<Record<string, unknown>>): Attributes => {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(attributes))
    if (typeof value === "string") texts[localName(name)] = value;
  return texts;
};

/** Reads a whole document. */
export const readXml = async (texts: AsyncIterable<string>, handlers: XmlHandlers): Promise<void> => {
  const parser = createXmlParser(handlers);
  let isEmpty = true;
  for await (const text of texts) {
    if (text !== "") isEmpty = false;
    parser.write(text);
  }
  if (!isEmpty) parser.end();
};
