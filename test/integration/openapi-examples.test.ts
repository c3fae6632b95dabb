import assert from "node:assert/strict";
import test from "node:test";
import { createApiClient, firstEvents, isEndless } from "../support/api-client.ts";
import { documentSchema, type Route, routesOf } from "../support/openapi.ts";
import { type CollectionRequest, collection, collectionRequests } from "../support/postman.ts";
import { localConnect } from "../support/role-settings.ts";
import { withStack } from "../support/stack.ts";

/** A request of the route with the example of one of its parameters, and those of its path. */
const requestWith = (route: Route, name: string) => {
  const examples = new Map(route.parameters.map(({ name: each, example }) => [each, example]));
  const parameter = route.parameters.find((each) => each.name === name);
  const values = [examples.get(name)].flat().map(String);
  const query = new URLSearchParams(values.map((value) => [name, value]));
  const path = route.path.replace("{id}", String(examples.get("id")));
  const [[type, media] = []] = Object.entries(route.requestBody?.content ?? {});
  const [body] = Object.values(media?.examples ?? {}).map(({ value }) => value);
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return {
    path: parameter?.in === "query" ? `${path}?${query}` : path,
    request: {
      method: route.method,
      headers: {
        ...(type !== undefined && { "content-type": type }),
        ...(parameter?.in === "header" && { [name]: values.join() }),
      },
      ...(text !== undefined && { text }),
    },
  };
};

test("no example of a parameter is refused", () =>
  withStack({ startsPaused: true }, async ({ startAnApi }) => {
    const call = createApiClient((await startAnApi()).url);
    const routes = routesOf((await call("/openapi.json")).as(documentSchema));
    const refused: string[] = [];
    for (const route of routes)
      for (const { name } of route.parameters) {
        const { path, request } = requestWith(route, name);
        const answer = await call(path, request);
        // The ids of the examples are those of no install here.
        if (![200, 202, 404, 409].includes(answer.status))
          refused.push(`${route.name} ${name}: ${answer.text}`);
      }
    assert.deepEqual(refused, []);
  }));

test("the example of the metrics is part of the metrics", () =>
  withStack({ startsPaused: true }, async ({ startAnApi }) => {
    const call = createApiClient((await startAnApi()).url);
    const routes = routesOf((await call("/openapi.json")).as(documentSchema));
    const answer = routes.find(({ operationId }) => operationId === "metrics")?.responses["200"];
    const example = String(answer?.content["text/plain"]?.example);
    assert.match(example, /^# HELP \w+ .+\n# TYPE \w+ gauge\n\w+ 1\n$/);
    assert.ok((await call("/metrics")).text.includes(example));
  }));

/** Sends a request of the collection as Postman does: variables replaced, what is switched off left out. */
const sendFromCollection = async (
  { method, header, url, body }: CollectionRequest,
  variables: ReadonlyMap<string, string>,
): Promise<Response> => {
  const resolved = (text: string): string =>
    text.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => variables.get(name) ?? assert.fail(name));
  const path = url.path.map((part) => {
    const value = url.variable.find(({ key }) => `:${key}` === part)?.value ?? part;
    return encodeURIComponent(resolved(value));
  });
  const isOn = ({ disabled = false }: { readonly disabled?: boolean | undefined }): boolean => !disabled;
  assert.deepEqual(url.query.filter(isOn), []);
  return fetch(`${resolved(url.host[0])}/${path.join("/")}`, {
    method,
    headers: Object.fromEntries(header.filter(isOn).map(({ key, value }) => [key, resolved(value)])),
    ...(body !== undefined && { body: resolved(body.raw) }),
  });
};

test("every request of the Postman collection is taken as it stands", () =>
  withStack({}, async ({ startAnApi }) => {
    // Without a secret no test event leaves this machine.
    const { url } = await startAnApi({ connect: localConnect, notifyUrl: "https://crm.example.com/perch" });
    const variables = new Map(collection.variable.map(({ key, value }) => [key, value]));
    variables.set("baseUrl", url);
    const refused: string[] = [];
    for (const { name, request } of collectionRequests) {
      const response = await sendFromCollection(request, variables);
      const text = await (isEndless(response) ? firstEvents(response) : response.text());
      // The ids of the variables are those of no install, batch and notification here.
      const isTaken = response.ok || (response.status === 404 && request.url.variable.length > 0);
      if (!isTaken || /"rejected":[1-9]/.test(text)) refused.push(`${name}: ${response.status} ${text}`);
    }
    assert.deepEqual(refused, []);
  }));
