import de from "../texts/de.json";
import en from "../texts/en.json";
import es from "../texts/es.json";
import ptBr from "../texts/pt-BR.json";

/** The texts of the page, by key. */
export type Texts = typeof en;

const catalogues: Readonly<Record<string, Texts>> = { en, de, es, "pt-BR": ptBr };

export interface Language {
  /** As in `lang`. */
  readonly tag: string;
  /** A text with its names filled in; that of `other` when there is none under the key. */
  text(key: keyof Texts, names?: Readonly<Record<string, string>>): string;
  /** The text of a failure, whether this page knows it or not. */
  failure(code: string | undefined, names: Readonly<Record<string, string>>): string;
  date(iso: string): string;
}

const primary = (tag: string): string => tag.toLowerCase().split("-")[0] ?? "";

/** The first wanted language that there is, be it of another country. */
const choose = (wanted: readonly string[]): string => {
  const tags = Object.keys(catalogues);
  for (const tag of wanted) {
    const found =
      tags.find((each) => each.toLowerCase() === tag.toLowerCase()) ??
      tags.find((each) => primary(each) === primary(tag));
    if (found !== undefined) return found;
  }
  return "en";
};

/** The language of `?lang=`, else of the browser, else English. */
export const chooseLanguage = (search: string, browser: readonly string[]): Language => {
  const asked = new URLSearchParams(search).get("lang");
  const tag = choose(asked === null ? browser : [asked, ...browser]);
  const texts = catalogues[tag] ?? en;
  const isKnown = (key: string): key is keyof Texts => Object.hasOwn(texts, key);
  const text: Language["text"] = (key, names = {}) =>
    texts[key].replaceAll(/\{(\w+)\}/g, (_all, name: string) => names[name] ?? "");
  return {
    tag,
    text,
    failure: (code, names) => {
      const key = `failed.${code}`;
      return text(isKnown(key) ? key : "failed.other", names);
    },
    date: (iso) =>
      new Intl.DateTimeFormat(tag, { dateStyle: "long", timeStyle: "short" }).format(new Date(iso)),
  };
};
