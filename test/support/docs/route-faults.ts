import type { Page } from "./page.ts";

/** One route of a server: its path with `{}` for each parameter, and the query it takes, if that is known. */
export interface KnownRoute {
  readonly method: string;
  readonly path: string;
  readonly query?: readonly string[];
}

/** Parameters, and what stands for one in an example or a policy, become `{}`. */
const plain = (path: string): string =>
  path
    .split("/")
    .map((part) => (/^(?::|\{|\*|\$)/.test(part) ? "{}" : part))
    .join("/");

/** Routes as fastify's `printRoutes({ commonPrefix: false })` draws them. */
export const printedRoutes = (tree: string): readonly KnownRoute[] => {
  const above: string[] = [];
  return tree.split("\n").flatMap((line) => {
    const [, indent = "", part = "", methods] = /^([│\s]*)[├└]── (\S+)(?: \(([A-Z, ]+)\))?/.exec(line) ?? [];
    if (part === "") return [];
    const depth = indent.length / 4;
    above.splice(depth, above.length, part);
    const path = plain(above.join("").replaceAll("//", "/"));
    return (methods?.split(", ") ?? []).map((method) => ({ method, path }));
  });
};

const prefixes =
  "v1|webhooks|sandbox|meta|workspaces|organizations|healthz|readyz|metrics|docs|openapi\\.json";
const named = new RegExp(
  `(?:\\b(GET|POST|PUT|PATCH|DELETE) |(?:https?://[\\w.:-]+|\\$PERCH|\\bWEBHOOK_PUBLIC_URL|(?<=[\\s"'\`(\\[]|^)))(/(?:${prefixes})(?:/[\\w$.{}*:-]+)*)(\\?[\\w=&{}%…-]+)?`,
  "gm",
);

/** Routes that a page names and that no server has; and queries that the API does not take. */
export const routeFaults = (
  { blocks, spans }: Pick<Page, "blocks" | "spans">,
  routes: readonly KnownRoute[],
): readonly string[] => {
  const code = [...blocks.map(({ text }) => text), ...spans];
  return code.flatMap((text) =>
    [...text.matchAll(named)].flatMap(([whole, method, path = "", query]) => {
      const fitting = routes.filter((route) =>
        method === undefined
          ? begins(plain(path), route.path)
          : isOf(plain(path), route.path) && route.method === method,
      );
      if (fitting.length === 0) return [`no route ${whole}`];
      const known = fitting.flatMap((route) => route.query ?? []);
      const asked = (query ?? "").match(/(?<=[?&])\w+/g) ?? [];
      return asked.filter((name) => !known.includes(name)).map((name) => `${path} takes no ${name}`);
    }),
  );
};

const isOf = (path: string, route: string): boolean =>
  path.split("/").length === route.split("/").length && begins(path, route);

/** Without a method, a page may name what several routes begin with. */
const begins = (path: string, route: string): boolean => {
  const parts = route.split("/");
  return path
    .split("/")
    .every(
      (part, at) =>
        parts[at] !== undefined && [part, parts[at]].some((each) => each === "{}" || part === parts[at]),
    );
};
