import type { Variant } from "./variant.ts";

const fix =
  "Compare the messagebird-signature header as it was sent: standard Base64 of 32 bytes, 44 characters.";

/** The 32 bytes of a signature, and its encoding if it is not Bird's; undefined when it is not a signature. */
export const readSignature = (signature: string): Variant<Buffer> | undefined => {
  const { bytes, found } = read(signature);
  if (bytes.length !== 32) return undefined;
  return found === undefined
    ? { value: bytes }
    : { value: bytes, difference: { part: "encoding", found, fix } };
};

interface Reading {
  readonly bytes: Buffer;
  /** Undefined for the right encoding. */
  readonly found: string | undefined;
}

const read = (signature: string): Reading => {
  const plain = Buffer.from(signature, "base64");
  if (plain.length === 32 && plain.toString("base64") === signature)
    return { bytes: plain, found: undefined };
  const [, prefix = "", rest = ""] =
    /^\s*["']?((?:sha256|v1|hmac-sha256)[=,:])?(.*?)["']?\s*$/is.exec(signature) ?? [];
  const bare = rest.trim();
  const writing = writings.find(({ form }) => form.test(bare));
  const found = [
    ...(writing?.is === undefined ? [] : [writing.is]),
    ...(prefix === "" ? [] : [`with the prefix ${prefix}`]),
    ...(prefix + bare === signature ? [] : ["with spaces or quotes around it"]),
  ];
  return { bytes: writing?.decode(bare) ?? Buffer.alloc(0), found: found.join(", ") };
};

interface Writing {
  readonly form: RegExp;
  /** In words; undefined for standard Base64. */
  readonly is: string | undefined;
  readonly decode: (text: string) => Buffer;
}

const ofBase64 = (text: string): Buffer => Buffer.from(text, "base64");

/** Common encodings of 32 bytes. */
const writings: readonly Writing[] = [
  {
    form: /^[0-9a-f]{64}$/i,
    is: "written in hexadecimal",
    decode: (text) => Buffer.from(text, "hex"),
  },
  { form: /^[A-Za-z0-9+/]{43}=$/, is: undefined, decode: ofBase64 },
  { form: /^[A-Za-z0-9+/]{43}$/, is: "written in Base64 without its padding", decode: ofBase64 },
  {
    form: /^[A-Za-z0-9_-]{43}=?$/,
    is: "written in base64url",
    decode: (text) => Buffer.from(text, "base64url"),
  },
  {
    // What a form or a query string makes of a plus sign.
    form: /^[A-Za-z0-9+/ ]{43}=?$/,
    is: "written with spaces for plus signs",
    decode: (text) => ofBase64(text.replaceAll(" ", "+")),
  },
  {
    form: /^(?:[A-Za-z0-9+/]|%2b|%2f){43}(?:=|%3d)?$/i,
    is: "percent-encoded",
    decode: (text) => ofBase64(decodeURIComponent(text)),
  },
];
