import { workspaceSigningKey } from "../../bird/signature.ts";
import type { NamedKey } from "../../config/webhook-keys.ts";
import { distinct, type Variant } from "./variant.ts";

/** The known keys, and which of them the webhook service accepts at the address. */
export interface KnownKeys {
  readonly accepted: readonly NamedKey[];
  /** Keys of the settings that belong elsewhere. */
  readonly others: readonly NamedKey[];
  /** `WEBHOOK_SIGNING_SECRET`. */
  readonly secret: string | undefined;
  readonly workspaceId: string | undefined;
}

/** The accepted keys, and those they are confused with. Shows their names, never the keys. */
export const keyVariants = ({
  accepted,
  others,
  secret,
  workspaceId,
}: KnownKeys): readonly Variant<string>[] => {
  const spoilt = [...accepted, ...others].flatMap(({ name, key }) => spoiltKeys(name, key));
  const derived =
    secret === undefined || workspaceId === undefined ? [] : secretMistakes(secret, workspaceId);
  return distinct(
    [
      ...accepted.map(({ key }) => ({ value: key })),
      ...others.map(({ name, key }) => variant(key, name, elsewhere)),
      ...derived,
      ...(secret === undefined ? [] : [variant(secret, "WEBHOOK_SIGNING_SECRET itself", deriveIt)]),
      ...spoilt,
    ],
    (value) => Buffer.from(value).toString("hex"),
  );
};

const variant = (value: string, name: string, fix: string): Variant<string> => ({
  value,
  difference: { part: "key", found: `signed with ${name}`, fix },
});

const elsewhere =
  "Make the subscription again with the key that belongs to its address: on /webhooks/bird/{workspaceId} the one derived for that workspace, on /webhooks/bird one of WEBHOOK_SIGNING_KEYS.";
const deriveIt =
  "Make the subscription again with the key derived for its workspace: the secret itself must not leave Perch.";
const asText = "Give Bird the same characters as Perch has, and nothing else: a key is used as text.";

const spoiltKeys = (name: string, key: string): readonly Variant<string>[] => [
  variant(`${key}\n`, `${name} and a line feed behind it`, asText),
  variant(`${key}\r\n`, `${name} and CR LF behind it`, asText),
  variant(`"${key}"`, `${name} in quotes`, asText),
  variant(key.replace(/=+$/, ""), `${name} without its padding`, asText),
  variant(key.trim(), `${name} without the spaces around it`, asText),
];

/** A derivation made by hand, with the wrong id. */
const secretMistakes = (secret: string, workspaceId: string): readonly Variant<string>[] => {
  const key = workspaceSigningKey(secret, workspaceId);
  const padded = `${key}=`;
  return [
    variant(padded, "the derived key with padding", deriveIt),
    variant(Buffer.from(key, "base64url").toString("base64"), "the derived key in standard Base64", deriveIt),
    variant(Buffer.from(key, "base64url").toString("hex"), "the derived key in hexadecimal", deriveIt),
  ];
};
