import { distinct, type Variant } from "./variant.ts";

/** The address as given, and those it is confused with. The signature covers scheme, host, path and query as subscribed. */
export const urlVariants = (url: string, publicUrl: string | undefined): readonly Variant<string>[] => {
  const changes = [...textChanges(url), ...partChanges(url), ...fromPublicUrl(url, publicUrl)];
  return distinct(
    [{ value: url }, ...changes.map(([value, what]) => variant(value, what))],
    (value) => value,
  );
};

type Change = readonly [value: string, what: string];

const variant = (value: string, what: string): Variant<string> => ({
  value,
  difference: {
    part: "url",
    found: `signed over ${value === "" ? "an empty address" : value} (${what})`,
    fix: "Let the subscription's url be WEBHOOK_PUBLIC_URL plus the path, to the letter: the webhook service checks against that.",
  },
});

const fromPublicUrl = (url: string, publicUrl: string | undefined): readonly Change[] => {
  if (publicUrl === undefined) return [];
  const { pathname = url, search = "" } = URL.parse(url) ?? {};
  const basePath = URL.parse(publicUrl)?.pathname.replace(/\/+$/, "") ?? "";
  const inner = pathname.startsWith(`${basePath}/`) ? pathname.slice(basePath.length) : pathname;
  return [
    [publicUrl + inner + search, "WEBHOOK_PUBLIC_URL and the path"],
    [publicUrl + pathname + search, "WEBHOOK_PUBLIC_URL and the whole path"],
    [publicUrl, "WEBHOOK_PUBLIC_URL without a path"],
  ];
};

/** Variants that need no parsing of the address. */
const textChanges = (url: string): readonly Change[] => [
  [url.trim(), "without the spaces around it"],
  [decodeOr(url), "percent-decoded"],
  [encodeURI(decodeOr(url)), "percent-encoded"],
  [url.replaceAll("&amp;", "&"), "& in place of &amp;"],
  [url.toLowerCase(), "in small letters"],
];

const partChanges = (url: string): readonly Change[] => {
  const parsed = URL.parse(url);
  if (parsed === null) return [];
  const { protocol, hostname, host, port, pathname, search, hash } = parsed;
  const rest = url.slice(url.indexOf("//") + 2);
  const afterHost = rest.slice(rest.search(/[/?#]|$/));
  const at = (scheme: string, where: string, path: string = afterHost): string =>
    `${scheme}//${where}${path}`;
  const otherScheme = protocol === "https:" ? "http:" : "https:";
  const query = url.includes("?") ? url.slice(url.indexOf("?")) : "";
  const path = afterHost.split(/[?#]/)[0] ?? "";
  const slashed = path.endsWith("/") ? path.replace(/\/+$/, "") : `${path}/`;
  const otherWww = hostname.startsWith("www.") ? host.slice(4) : `www.${host}`;
  return [
    [at(otherScheme, host), `${otherScheme.slice(0, -1)} in place of ${protocol.slice(0, -1)}`],
    [
      at(protocol, host, slashed + query),
      path.endsWith("/") ? "without the slash at its end" : "with a slash at its end",
    ],
    [at(protocol, host, path), "without the query"],
    ...(hash === "" ? [] : [[url.slice(0, url.indexOf("#")), "without the fragment"] as const]),
    ...(port === ""
      ? [
          [at(protocol, `${host}:${protocol === "https:" ? 443 : 80}`), "with the port written out"] as const,
          ...[3001, 8080, 8443].map(
            (other) => [at(protocol, `${host}:${other}`), `with port ${other}`] as const,
          ),
        ]
      : [[at(protocol, hostname), "without the port"] as const]),
    [at(protocol, host), "with a small host, and without a port that goes without saying"],
    [at(protocol, otherWww), hostname.startsWith("www.") ? "without www." : "with www."],
    ...workspaceChanges(at(protocol, host), pathname),
    [pathname + search, "only its path and query"],
    [search.slice(1), "only its query: the older MessageBird scheme"],
    [sortedQuery(parsed), "only its sorted query: the older MessageBird scheme"],
    [
      at(protocol, host, `${path}${sortedQuery(parsed) === "" ? "" : `?${sortedQuery(parsed)}`}`),
      "with its query sorted",
    ],
  ];
};

const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i;

const workspaceChanges = (url: string, pathname: string): readonly Change[] => {
  const [id] = uuid.exec(pathname) ?? [];
  if (id === undefined) return [];
  return [
    [url.replace(id, id.toLowerCase()), "the workspace id in small letters"],
    [url.replace(id, id.toUpperCase()), "the workspace id in capitals"],
    [url.replace(`/${id}`, ""), "without the workspace id"],
  ];
};

const sortedQuery = ({ searchParams }: URL): string => {
  const sorted = new URLSearchParams(searchParams);
  sorted.sort();
  return sorted.toString();
};

const decodeOr = (text: string): string => {
  try {
    return decodeURI(text);
  } catch {
    return text;
  }
};
