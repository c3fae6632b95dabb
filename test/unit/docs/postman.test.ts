import assert from "node:assert/strict";
import test from "node:test";
import { apiDocument } from "../../../docs/api-document.ts";
import { postmanCollection } from "../../../docs/write-postman.ts";
import { documentSchema, type Route, routesOf } from "../../support/openapi.ts";
import {
  type CollectionRequest,
  collection,
  collectionRequests,
  collectionText,
} from "../../support/postman.ts";

const routes = routesOf(documentSchema.parse(await apiDocument()));

/** `GET /v1/installs/{id}`, as the document names an operation. */
const operationOf = ({ method, url }: CollectionRequest): string =>
  `${method} /${url.path.map((part) => part.replace(/^:(.+)$/, "{$1}")).join("/")}`;

const requestOf = ({ name }: Route): CollectionRequest =>
  collectionRequests.find(({ request }) => operationOf(request) === name)?.request ??
  assert.fail(`no request for ${name}`);

test("the Postman collection is current: npm run docs changes nothing in it", async () => {
  assert.equal(collectionText, await postmanCollection());
});

test("every operation is in the collection once, in the folder of its tag", () => {
  const inCollection = collectionRequests.map(({ folder, request }) => `${folder} ${operationOf(request)}`);
  assert.deepEqual(inCollection.toSorted(), routes.map(({ name, tags }) => `${tags[0]} ${name}`).sort());
});

test("every parameter is in the collection with its description and example, off unless it is required", () => {
  for (const route of routes) {
    const { url, header } = requestOf(route);
    const places = { query: url.query, path: url.variable, header };
    const named = Object.values(places).flatMap((place) => place.map(({ key }) => key));
    assert.equal(new Set(named).size, named.length, route.name);
    for (const { in: place, name, description, required, example } of route.parameters) {
      const found = places[place].find(({ key }) => key === name);
      assert.equal(found?.description, description, `${route.name} ${name}`);
      if (place === "path") continue;
      assert.equal(found?.value, [example].flat().join(), `${route.name} ${name}`);
      assert.equal(found?.disabled, !required, `${route.name} ${name}`);
    }
    const documented = route.parameters.map(({ name }) => name).concat("content-type");
    for (const name of named) assert.ok(documented.includes(name), `${route.name} takes no ${name}`);
  }
});

test("every body is the first example of its operation, and the description has the others", () => {
  for (const route of routes) {
    const { body, header, description } = requestOf(route);
    const examples = Object.entries(route.requestBody?.content ?? {}).flatMap(([type, { examples = {} }]) =>
      Object.values(examples).map(({ value }) => ({ type, value })),
    );
    const textOf = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));
    const [first, ...others] = examples;
    assert.equal(body?.raw, first && textOf(first.value), route.name);
    assert.equal(header.find(({ key }) => key === "content-type")?.value, first?.type, route.name);
    for (const { value } of others) assert.ok(description.includes(textOf(value).trimEnd()), route.name);
  }
});

test("the collection has variables for the address, the key and every id, and no key", () => {
  const values = new Map(collection.variable.map(({ key, value }) => [key, value]));
  assert.equal(values.get("baseUrl"), "http://127.0.0.1:3000");
  assert.equal(values.get("apiKey"), "");
  const used = new Set([...collectionText.matchAll(/\{\{(\w+)\}\}/g)].map(([, name = ""]) => name));
  assert.deepEqual([...used].sort(), [...values.keys()].sort());
});

test("only requests that need a key send it", () => {
  for (const route of routes)
    assert.equal(requestOf(route).auth?.type, route.security.length === 0 ? "noauth" : undefined, route.name);
});
