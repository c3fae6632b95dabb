import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import { type AddressInfo, connect } from "node:net";
import test, { type TestContext } from "node:test";
import { createBirdClient } from "../../../src/bird/bird-client.ts";
import { createSendGuard } from "../../../src/bird/send-guard.ts";
import { createAgents } from "../../../src/http/agents.ts";
import { selfSigned } from "../../support/self-signed.ts";

const portOf = (address: AddressInfo | string | null): number =>
  address !== null && typeof address === "object" ? address.port : assert.fail("it listens");

const listen = async (t: TestContext, server: http.Server): Promise<number> => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return portOf(server.address());
};

/** A proxy on loopback that writes down what it is asked for. */
const startProxy = async (t: TestContext, { refuses = false } = {}) => {
  const asked: string[] = [];
  const proxy = http.createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    request.pipe(
      http.request(request.url ?? "", { method: request.method, headers: request.headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      }),
    );
  });
  proxy.on("connect", ({ url = "" }, socket) => {
    asked.push(`CONNECT ${url}`);
    if (refuses) return void socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    const [host = "", port] = url.split(":");
    const onward = connect(Number(port), host, () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      onward.pipe(socket).pipe(onward);
    });
    onward.on("error", () => socket.destroy());
    socket.on("error", () => onward.destroy());
  });
  const url = `http://127.0.0.1:${await listen(t, proxy)}`;
  return { url, asked, env: { NODE_USE_ENV_PROXY: "1", HTTP_PROXY: url, HTTPS_PROXY: url } };
};

const startTarget = async (t: TestContext, isSecure: boolean) => {
  const bodies: string[] = [];
  const answer: http.RequestListener = async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    bodies.push(body);
    response.end('{"id":"c"}');
  };
  const server = isSecure ? https.createServer(selfSigned(), answer) : http.createServer(answer);
  const port = await listen(t, server);
  return { url: `${isSecure ? "https" : "http"}://127.0.0.1:${port}`, bodies };
};

/** Sends one request through agents and a guard. */
const send = async (
  url: string,
  agents: ReturnType<typeof createAgents>,
  mayBeSent: boolean,
): Promise<string> => {
  const guard = createSendGuard(() => mayBeSent);
  const agent = url.startsWith("https") ? agents.https : agents.http;
  const sent = guard.request(new URL(url), { method: "POST", agent, rejectUnauthorized: false });
  sent.end("a create");
  const how = await Promise.race([
    once(sent, "response").then(([response]) => {
      response.resume();
      return "answered";
    }),
    once(sent, "error").then(([error]) => String(error.code ?? error.message)),
  ]).catch((error: Error) => error.message);
  return guard.hasRefused() ? "withheld" : how;
};

for (const isSecure of [false, true]) {
  const protocol = isSecure ? "https" : "http";

  test(`${protocol}: with NODE_USE_ENV_PROXY requests go through the proxy, and the guard still stops one`, async (t) => {
    const target = await startTarget(t, isSecure);
    const proxy = await startProxy(t);
    const agents = createAgents({ keepAlive: true }, proxy.env);
    t.after(() => (isSecure ? agents.https : agents.http).destroy());
    assert.equal(await send(target.url, agents, true), "answered");
    const at = target.url.slice(target.url.indexOf("//") + 2);
    assert.deepEqual(proxy.asked, [isSecure ? `CONNECT ${at}` : `POST ${target.url}/`]);
    for (const fresh of [agents, createAgents({ keepAlive: true }, proxy.env)])
      assert.equal(await send(target.url, fresh, false), "withheld");
    assert.deepEqual(target.bodies, ["a create"], "no other byte of a request arrives");
  });

  test(`${protocol}: without it, and for hosts of NO_PROXY, requests go straight`, async (t) => {
    const target = await startTarget(t, isSecure);
    const proxy = await startProxy(t);
    for (const env of [
      { ...proxy.env, NODE_USE_ENV_PROXY: undefined },
      { ...proxy.env, NO_PROXY: "127.0.0.1" },
    ]) {
      const agents = createAgents({ keepAlive: false }, env);
      assert.equal(await send(target.url, agents, true), "answered");
    }
    assert.deepEqual(proxy.asked, []);
  });
}

/** A client of Bird made while the environment names a proxy. */
const clientWith = (env: Readonly<Record<string, string>>, baseUrl: string) => {
  const before = { ...process.env };
  Object.assign(process.env, env);
  try {
    return createBirdClient({ baseUrl, accessKey: "key", requestTimeoutMs: 2000 });
  } finally {
    for (const name of Object.keys(env)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
};

const post = { method: "POST", path: "/workspaces/w/connectors", json: {} } as const;

test("calls to Bird go through the proxy", async (t) => {
  const target = await startTarget(t, false);
  const proxy = await startProxy(t);
  const client = clientWith(proxy.env, target.url);
  t.after(() => client.close());
  const answer = await client.send(post);
  assert.equal(answer.kind, "answered");
  assert.deepEqual(proxy.asked, [`POST ${target.url}/workspaces/w/connectors`]);
});

test("a create that the proxy refuses, or whose proxy does not run, was not sent", async (t) => {
  const refusing = await startProxy(t, { refuses: true });
  const target = await startTarget(t, true);
  const gone = "http://127.0.0.1:9";
  for (const env of [refusing.env, { NODE_USE_ENV_PROXY: "1", HTTP_PROXY: gone, HTTPS_PROXY: gone }]) {
    const client = clientWith(env, target.url);
    t.after(() => client.close());
    const answer = await client.send(post);
    assert.equal(answer.kind, "not_sent", JSON.stringify(answer));
  }
  assert.deepEqual(target.bodies, []);
});

test("an access key that no header may have is not sent, and no create is suspected", async (t) => {
  const target = await startTarget(t, false);
  for (const accessKey of ["x\ny", "x\u200b"]) {
    const client = createBirdClient({ baseUrl: target.url, accessKey, requestTimeoutMs: 2000 });
    t.after(() => client.close());
    assert.equal((await client.send(post)).kind, "not_sent");
  }
  assert.deepEqual(target.bodies, []);
});
