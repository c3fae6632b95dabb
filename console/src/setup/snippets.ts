import { exampleRequest, templateCsv } from "../words/template.ts";

/** What an integration begins with, for the address this page came from. */
export interface Snippets {
  readonly curl: string;
  readonly typescript: string;
  readonly csv: string;
}

/** @param isOpen Whether the API takes requests without a key. */
export const snippetsFor = (origin: string, { isOpen }: { readonly isOpen: boolean }): Snippets => {
  const body = JSON.stringify(exampleRequest, undefined, 2);
  const authorization = isOpen ? "" : ` \\\n  -H "authorization: Bearer $PERCH_KEY"`;
  return {
    curl: `curl -s ${origin}/v1/installs${authorization} \\
  -H 'content-type: application/json' \\
  -H 'idempotency-key: order-7' \\
  -d '${body}'`,
    typescript: `const answer = await fetch("${origin}/v1/installs", {
  method: "POST",
  headers: {${isOpen ? "" : `\n    authorization: \`Bearer \${process.env.PERCH_KEY}\`,`}
    "content-type": "application/json",
    "idempotency-key": "order-7", // sent twice, it is one install
  },
  body: JSON.stringify(${body.replaceAll(/"(\w+)":/g, "$1:").replaceAll("\n", "\n  ")}),
});
if (!answer.ok) throw new Error((await answer.json()).detail);
const { id, status } = await answer.json();`,
    csv: templateCsv,
  };
};
