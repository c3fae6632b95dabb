import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import { type AddressInfo, createServer } from "node:net";
import test from "node:test";
import { createSendGuard } from "../../../src/bird/send-guard.ts";
import { selfSigned } from "../../support/self-signed.ts";

const portOf = (address: AddressInfo | string | null): number =>
  address !== null && typeof address === "object" ? address.port : assert.fail("it listens");

test("nothing is written to a new connection when the guard says no", async () => {
  let bytes = 0;
  const server = createServer((socket) => socket.on("data", (chunk) => (bytes += chunk.length)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const guard = createSendGuard(() => false);
  const sent = guard.request(new URL(`http://127.0.0.1:${portOf(server.address())}/`), { method: "POST" });
  sent.end("secret");
  await once(sent, "error");
  server.close();
  await once(server, "close");
  assert.equal(bytes, 0);
  assert.equal(guard.hasRefused(), true);
});

for (const isSecure of [false, true]) {
  test(`${isSecure ? "https" : "http"}: asked once a request, also on a connection that is reused`, async () => {
    const bodies: string[] = [];
    const answer: http.RequestListener = async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      bodies.push(body);
      response.end("ok");
    };
    const server = isSecure ? https.createServer(selfSigned(), answer) : http.createServer(answer);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const agent = new (isSecure ? https : http).Agent({ keepAlive: true, maxSockets: 1 });
    const url = new URL(`${isSecure ? "https" : "http"}://127.0.0.1:${portOf(server.address())}/`);
    const options = { method: "POST", agent, rejectUnauthorized: false };
    const send = async (body: string, isAllowed: boolean) => {
      let asked = 0;
      const guard = createSendGuard(() => {
        asked += 1;
        return isAllowed;
      });
      const sent = guard.request(url, options);
      sent.end(body);
      const outcome = await Promise.race([
        once(sent, "response").then(([response]) => {
          response.resume();
          return once(response, "end").then(() => "answered");
        }),
        once(sent, "error").then(() => "refused"),
      ]).catch(() => "refused");
      assert.equal(asked, 1);
      assert.equal(guard.hasRefused(), !isAllowed);
      return outcome;
    };
    assert.equal(await send("refused new", false), "refused");
    assert.equal(await send("first", true), "answered");
    assert.equal(await send("refused reused", false), "refused");
    assert.equal(await send("second", true), "answered");
    agent.destroy();
    server.close();
    server.closeAllConnections();
    await once(server, "close");
    assert.deepEqual(bodies, ["first", "second"]);
  });
}
