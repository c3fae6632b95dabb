import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { docsPrefix } from "../auth/access.ts";

/** Only files of our own; swagger-ui sets inline styles. */
const docsCsp =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Replaces the icon of the library that shows the page. */
const favicon = {
  filename: "perch.svg",
  rel: "icon",
  sizes: "any",
  type: "image/svg+xml",
  content:
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b5cad"/><path d="M6 23h20" stroke="#fff" stroke-width="3"/><circle cx="16" cy="14" r="6" fill="#fff"/></svg>',
} as const;

/** The library has dark colours, but only a bar that is not shown here switches to them. */
const colours = {
  filename: "colours.js",
  content: `const dark = matchMedia("(prefers-color-scheme: dark)");
const paint = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", paint);
paint();
`,
} as const;

/**
 * The document has no links, and their column makes the page wider than a phone; so do long names of parameters. Some
 * texts have no dark colours.
 */
const layout = {
  filename: "layout.css",
  content: `.swagger-ui .response-col_links { display: none; }
html.dark-mode .swagger-ui :is(.header-col, .examples-select__section-label) { color: inherit; }
@media (max-width: 640px) { .swagger-ui .parameter__name { overflow-wrap: anywhere; } }
`,
} as const;

const pageSchema = z.looseObject({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.looseObject({
        parameters: z
          .array(
            z.looseObject({
              required: z.boolean(),
              description: z.string(),
              example: z.unknown().optional(),
            }),
          )
          .optional(),
      }),
    ),
  ),
});

/**
 * The page sends the example of every parameter that is not emptied, also of optional ones: all filters together find
 * nothing. Those stand in the description instead.
 */
const withoutFilledIn = (document: unknown): Record<string, unknown> => {
  const page = pageSchema.parse(document);
  const operations = Object.values(page.paths).flatMap((methods) => Object.values(methods));
  for (const operation of operations)
    operation.parameters = operation.parameters?.map(({ example, ...parameter }) => {
      if (parameter.required) return { ...parameter, example };
      const text = [example].flat().map(String).join();
      return { ...parameter, description: `${parameter.description}\n\nExample: \`${text}\`` };
    });
  return page;
};

/** `GET /docs`: the document as a page. */
export const addDocsPage = async (server: FastifyInstance): Promise<void> => {
  await server.register(swaggerUi, {
    routePrefix: docsPrefix,
    staticCSP: docsCsp,
    // The standalone layout adds a bar with the logo of another product and a box for other documents.
    uiConfig: { validatorUrl: null, docExpansion: "list", layout: "BaseLayout" },
    theme: { title: "Perch API", favicon: [favicon], css: [layout], js: [colours] },
    transformSpecification: withoutFilledIn,
  });
};
