import assert from "node:assert/strict";
import test from "node:test";
import { connectCreateCommand } from "../../../src/cli/connect/create.ts";
import { connectListCommand } from "../../../src/cli/connect/list.ts";
import { connectRevokeCommand } from "../../../src/cli/connect/revoke.ts";
import type { ConnectLink, ConnectLinkRequest } from "../../../src/install/connect-link.ts";
import { ConnectLinkNotFoundError } from "../../../src/queue/links/links.ts";
import { workspaceId } from "../../support/request.ts";
import { createTestIo } from "./test-io.ts";

const link: ConnectLink = {
  id: "lnk_01KB6X4Q8ZGABCDEFGH1234567",
  status: "opened",
  workspaceId,
  name: "Acme",
  createdAt: "2026-11-29T08:00:00.000Z",
  expiresAt: "2026-12-06T08:00:00.000Z",
  updatedAt: "2026-11-29T08:00:00.000Z",
};

const create = (args: Partial<Parameters<typeof connectCreateCommand>[1]>) => {
  const io = createTestIo();
  const asked: ConnectLinkRequest[] = [];
  const deps = {
    io,
    publicUrl: "https://connect.example.com",
    redirectHosts: ["app.example.com"],
    allowsHttp: false,
    requestedBy: "cli:ann",
    makeLink: async (request: ConnectLinkRequest) => {
      asked.push(request);
      return { link: { ...link, status: "open" as const }, secret: "SECRET" };
    },
  };
  const code = connectCreateCommand(deps, { workspace: workspaceId, name: "Acme", json: false, ...args });
  return { io, asked, code };
};

test("perch connect create prints the address alone on standard output", async () => {
  const metadata = ["customer=42", "note=a=b"];
  const { io, asked, code } = create({ expiresIn: "3d", metadata, redirectUrl: "https://app.example.com/x" });
  assert.equal(await code, 0);
  assert.equal(io.out(), `https://connect.example.com/c/${link.id}#SECRET\n`);
  assert.match(io.err(), /works until 2026-12-06T08:00:00.000Z.*not shown again/);
  assert.deepEqual(
    [asked[0]?.expiresInSeconds, asked[0]?.metadata],
    [3 * 86_400, { customer: "42", note: "a=b" }],
  );
});

test("perch connect create --json prints what the API answers", async () => {
  const { io, code } = create({ json: true });
  assert.equal(await code, 0);
  const { id, expiresAt } = link;
  const url = `https://connect.example.com/c/${id}#SECRET`;
  assert.deepEqual(JSON.parse(io.out()), { id, url, expiresAt, status: "open" });
});

test("perch connect create names everything wrong by its options and makes nothing", async () => {
  const redirectUrl = "https://evil.example/";
  const { io, asked, code } = create({
    workspace: "x",
    expiresIn: "soon",
    redirectUrl,
    callbackUrl: "ftp:x",
  });
  assert.equal(await code, 2);
  for (const option of ["--workspace", "--expires-in", "--redirect-url", "--callback-url"])
    assert.match(io.err(), new RegExp(`^${option} must `, "m"));
  assert.deepEqual(asked, []);
});

test("perch connect list shows a table, or the API's resource with --json", async () => {
  const list = async () => ({ items: [link], nextCursor: "1_x" });
  const now = () => Date.parse("2026-11-29T10:00:00Z");
  const table = createTestIo();
  assert.equal(await connectListCommand({ io: table, links: { list }, now }, { limit: 50, json: false }), 0);
  assert.match(table.out(), /opened +Acme .* 2h +2026-12-06 08:00\nnext page: --cursor 1_x\n$/);
  const json = createTestIo();
  assert.equal(await connectListCommand({ io: json, links: { list } }, { limit: 50, json: true }), 0);
  assert.deepEqual(JSON.parse(json.out()), { items: [link], nextCursor: "1_x" });
  for (const wrong of [{ status: "opened,gone" }, { cursor: "nothing" }, { limit: 0 }])
    assert.equal(
      await connectListCommand({ io: createTestIo(), links: { list } }, { limit: 50, json: false, ...wrong }),
      2,
    );
});

test("perch connect revoke revokes what it can and exits 1 if one could not be", async () => {
  const io = createTestIo();
  const revoke = async (id: string): Promise<ConnectLink> => {
    if (id === link.id) return { ...link, status: "revoked" };
    throw new ConnectLinkNotFoundError(id);
  };
  assert.equal(
    await connectRevokeCommand({ io, links: { revoke } }, { ids: ["lnk_x", link.id], json: false }),
    1,
  );
  assert.equal(io.out(), `${link.id} is revoked.\n`);
  assert.match(io.err(), /There is no connect link lnk_x/);
});
