import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import test, { type TestContext } from "node:test";
import { createBirdClient } from "../../../src/bird/bird-client.ts";
import { type Connector, connectorSchema, createConnectors } from "../../../src/bird/connectors.ts";
import { contradicts, findConnectors, likeness } from "../../../src/worker/submit/find-connectors.ts";

const request = {
  workspaceId: "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10",
  name: "Acme Berlin",
  wabaId: "102290129340398",
  phoneId: "106540352242922",
  phoneNumber: "+14155550123",
};
const { wabaId, phoneId, phoneNumber, name } = request;
const other = "+14155550199";

/** A connector as Bird would tell of it; members left out are unknown. */
const told = (members: object): Connector => connectorSchema.parse({ id: "c", ...members });

for (const [what, members, rank] of [
  ["the phone id alone", { arguments: { phoneId } }, 4],
  ["the phone id under another name", { name: "x", arguments: { phoneId } }, 4],
  ["WABA and number", { arguments: { wabaId, phoneNumber } }, 3],
  ["WABA and number in another writing", { arguments: { wabaId, phoneNumber: "1 (415) 555-0123" } }, 3],
  ["Bird's number", { number: { phoneNumber } }, 2],
  ["Bird's number in another writing", { number: { phoneNumber: "14155550123" } }, 2],
  ["Bird's number and no arguments", { arguments: null, number: { phoneNumber } }, 2],
  ["the name alone", { name }, 1],
  ["the name and arguments that tell nothing", { name, arguments: {}, number: {} }, 1],
  ["nothing", {}, 0],
  ["another name", { name: "acme berlin" }, 0],
  ["another phone id, though all else agrees", told4({ phoneId: "1" }), 0],
  ["the phone id, though all else differs", told4({ phoneId }, other), 4],
  ["another number, though WABA and name agree", { name, arguments: { wabaId, phoneNumber: other } }, 0],
  ["another WABA, though the number agrees", { name, arguments: { wabaId: "1", phoneNumber } }, 0],
  ["a number nobody can read", { name, arguments: { wabaId, phoneNumber: "x" } }, 0],
  ["another number of Bird, though the name agrees", { name, number: { phoneNumber: other } }, 0],
] as const) {
  test(`${what} is likeness ${rank}`, () => {
    assert.equal(likeness(told(members), request), rank);
  });
}

/** All signs at once. */
function told4(ids: { readonly phoneId: string }, number: string = phoneNumber) {
  return { name, arguments: { ...ids, wabaId, phoneNumber: number }, number: { phoneNumber: number } };
}

for (const [what, members, isContradicted] of [
  ["nothing", {}, false],
  ["another name, which may be changed,", { name: "x" }, false],
  ["the same WABA", { arguments: { wabaId } }, false],
  ["another WABA", { arguments: { wabaId: "1" } }, true],
  ["the same number in another writing", { arguments: { phoneNumber: "1 (415) 555-0123" } }, false],
  ["another number", { arguments: { phoneNumber: other } }, true],
  ["Bird's number in another writing", { number: { phoneNumber: "14155550123" } }, false],
  ["another number of Bird", { arguments: { phoneNumber }, number: { phoneNumber: other } }, true],
  ["another phone id, though all else agrees", told4({ phoneId: "1" }), true],
  ["the phone id, though all else differs", told4({ phoneId }, other), false],
] as const) {
  test(`${what} ${isContradicted ? "contradicts" : "does not contradict"} a request`, () => {
    assert.equal(contradicts(told(members), request), isContradicted);
  });
}

test("bug: another WABA is known and differs, and still the name alone makes it the request's", () => {
  assert.equal(likeness(told({ name, arguments: { wabaId: "1" } }), request), 0);
  assert.equal(likeness(told({ name, arguments: { wabaId: "1" }, number: { phoneNumber } }), request), 0);
});

test("bug: the same number is ruled out when Bird does not show the WABA, so a second connector is made", () => {
  assert.notEqual(likeness(told({ name, arguments: { phoneNumber } }), request), 0);
});

test("a number is found in the form that WhatsApp shows", () => {
  for (const [asked, shown] of [
    ["+525512345678", "5215512345678"],
    ["+5491123456789", "+54 11 2345-6789"],
    ["+541123456789", "+5491123456789"],
    ["+5541988887777", "+55 41 8888-7777"],
    ["+554188887777", "+5541988887777"],
  ] as const) {
    const asking = { ...request, phoneNumber: asked };
    const connector = told({ arguments: { wabaId, phoneNumber: shown } });
    assert.equal(likeness(connector, asking), 3, `${asked} and ${shown}`);
    assert.equal(contradicts(connector, asking), false);
  }
});

type Answer = (page: number, url: URL, response: ServerResponse) => void;

/** A Bird with a list of connectors of which only pages are told; ends with the test. */
const openBird = async (t: TestContext, answer: Answer) => {
  const asked: URL[] = [];
  const server = createServer((incoming, response) => {
    const url = new URL(incoming.url ?? "", "http://bird");
    asked.push(url);
    answer(asked.length, url, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const client = createBirdClient({
    baseUrl: `http://127.0.0.1:${port}`,
    accessKey: "key",
    requestTimeoutMs: 5000,
  });
  t.after(() => {
    client.close();
    server.closeAllConnections();
    server.close();
  });
  const find = () =>
    findConnectors(
      { connectors: createConnectors({ client }), template: "whatsapp:1" },
      { request, leastLikeness: 1 },
    );
  return { asked, find };
};

const page = (response: ServerResponse, results: readonly unknown[], nextPageToken?: string | null): void => {
  response.end(JSON.stringify({ results, nextPageToken }));
};

test("the surest connectors come first, from whatever page, and strangers not at all", async (t) => {
  const { find } = await openBird(t, (number, _url, response) => {
    if (number === 1) {
      const byName = { id: "by-name", name };
      return page(response, [byName, { id: "stranger", name: "x" }], "2");
    }
    if (number === 2) return page(response, [{ id: "by-number", number: { phoneNumber } }], "3");
    page(response, [
      { id: "by-phone-id", arguments: { phoneId } },
      { id: "by-waba", arguments: { wabaId, phoneNumber } },
    ]);
  });
  assert.deepEqual(await find(), {
    kind: "found",
    value: [
      { id: "by-phone-id", rank: 4 },
      { id: "by-waba", rank: 3 },
      { id: "by-number", rank: 2 },
      { id: "by-name", rank: 1 },
    ],
  });
});

test("each page is asked for by the token of the one before, of this template and workspace", async (t) => {
  const { asked, find } = await openBird(t, (number, _url, response) => {
    page(response, [], number < 3 ? `token ${number}/` : undefined);
  });
  assert.deepEqual(await find(), { kind: "found", value: [] });
  assert.deepEqual(
    asked.map(({ searchParams }) => searchParams.get("pageToken")),
    [null, "token 1/", "token 2/"],
  );
  for (const { pathname, searchParams } of asked) {
    assert.equal(pathname, `/workspaces/${request.workspaceId}/connectors`);
    assert.equal(searchParams.get("templateRef"), "whatsapp:1");
    assert.equal(searchParams.get("limit"), "100");
  }
});

test("a next page token of null ends the list", async (t) => {
  const { asked, find } = await openBird(t, (_number, _url, response) => page(response, [], null));
  assert.deepEqual(await find(), { kind: "found", value: [] });
  assert.equal(asked.length, 1);
});

test("a list that never ends proves nothing, and is not walked for ever", async (t) => {
  const { asked, find } = await openBird(t, (_number, _url, response) =>
    page(response, [{ id: "c", arguments: { phoneId } }], "again"),
  );
  assert.deepEqual(await find(), { kind: "unavailable", reason: "the list of connectors does not end" });
  assert.equal(asked.length, 100);
});

for (const [status, kind] of [
  [401, "unauthorized"],
  [403, "forbidden"],
  [404, "not_found"],
  [429, "unavailable"],
  [500, "unavailable"],
  [302, "unavailable"],
] as const) {
  test(`a list answered with ${status} on its second page is ${kind}, whatever the first page showed`, async (t) => {
    const { asked, find } = await openBird(t, (number, _url, response) => {
      if (number === 1) return page(response, [{ id: "c", arguments: { phoneId } }], "2");
      response.writeHead(status).end();
    });
    assert.partialDeepStrictEqual(await find(), { kind });
    assert.equal(asked.length, 2);
  });
}

for (const unreadable of [null, {}, "x", { id: 7 }, { id: "..", name: "x" }, { id: null, number: 5 }]) {
  test(`a connector like ${JSON.stringify(unreadable)} spoils no other, and is not taken for nothing`, async (t) => {
    const own = { id: "own", name: 5, channel: [], arguments: { phoneId, wabaId: {}, phoneNumber: 1.5 } };
    const { find } = await openBird(t, (number, _url, response) =>
      page(response, number === 1 ? [unreadable, own] : [unreadable]),
    );
    assert.deepEqual(await find(), { kind: "found", value: [{ id: "own", rank: 4 }] });
    assert.partialDeepStrictEqual(await find(), { kind: "unavailable" });
  });
}

test("a connector without an id that is surely another number's is no obstacle", async (t) => {
  const { find } = await openBird(t, (_number, _url, response) =>
    page(response, [{ arguments: { phoneId: "1" } }, { number: { phoneNumber: other } }]),
  );
  assert.deepEqual(await find(), { kind: "found", value: [] });
});

test("a connector without an id may be the request's while no other one is surely that", async (t) => {
  const { find } = await openBird(t, (number, _url, response) =>
    page(response, [{ id: null }, number === 1 ? { id: "c", name } : { id: "c", number: { phoneNumber } }]),
  );
  assert.deepEqual(await find(), { kind: "unavailable", reason: "a connector in the list cannot be read" });
  assert.deepEqual(await find(), { kind: "found", value: [{ id: "c", rank: 2 }] });
});

test("a connector that is surely the request's and has no id that Perch can use is not taken for one", async (t) => {
  const { find } = await openBird(t, (_number, _url, response) =>
    page(response, [{ id: null, arguments: { phoneId } }]),
  );
  assert.partialDeepStrictEqual(await find(), { kind: "unavailable" });
});

test("a connector whose name alone is the request's hides none", async (t) => {
  const { find } = await openBird(t, (_number, _url, response) => page(response, [{ id: "c", name }]));
  assert.deepEqual(await find(), { kind: "found", value: [{ id: "c", rank: 1 }] });
});

test("a page that is no page is unavailable, not empty", async (t) => {
  for (const body of ["", "<html>", "[]", "{}", '{"results":[{}]}']) {
    const { find } = await openBird(t, (_number, _url, response) => response.end(body));
    assert.partialDeepStrictEqual(await find(), { kind: "unavailable" }, body);
  }
});
