import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { connect as connectTcp } from "node:net";
import { join } from "node:path";
import test from "node:test";
import { z } from "zod";
import { checkRedis } from "../../src/redis/check.ts";
import { closeRedis, connectRedis } from "../../src/redis/connection.ts";
import { healthyEnv, runDoctor, withTcpServer } from "../integration/doctor-fixture.ts";
import { durable, freePort, withRedisServers } from "../support/redis-servers.ts";
import { installRequest } from "../support/request.ts";
import { selfSigned } from "../support/self-signed.ts";
import { withStack } from "../support/stack.ts";
import { readText } from "../unit/deploy/repository.ts";

const password = "p@ss/w#rd";
const encoded = encodeURIComponent(password);

/** The rules of the user that docs/deploy.md makes, as they stand there. */
const documentedRules = (): readonly string[] => {
  const [, text = ""] = /ACL SETUSER perch-fleet ([\s\S]+?[^\\])\n/.exec(readText("docs/deploy.md")) ?? [];
  return text.replaceAll(/\\\n/g, " ").replaceAll("'", "").replace("PASSWORD", password).trim().split(/\s+/);
};

test("the documented user with few rights is enough for all roles, the library and the doctor", () =>
  withRedisServers(async (start) => {
    const server = await start(durable);
    await server.use(async (redis) => {
      await redis.acl("SETUSER", "perch-fleet", ...documentedRules());
      await redis.acl("LOG", "RESET");
    });
    const redisUrl = `redis://perch-fleet:${encoded}@127.0.0.1:${server.port}`;
    await withStack({ redisUrl, prefix: "{perch-acl}" }, async (stack) => {
      const { producer } = stack;
      const started = await producer.importRows(
        [1, 2].map((n) => ({ row: n, input: installRequest(n) })),
        { name: "b" },
      );
      for await (const row of started.rows)
        if ("install" in row)
          assert.equal((await producer.waitFor(row.install.id, { timeoutMs: 20_000 })).status, "completed");
      const { checks } = await runDoctor({ ...healthyEnv(stack), REDIS_URL: redisUrl }, { keys: stack.keys });
      const denied = checks.filter(({ summary }) => /NOPERM|not allowed|may not/.test(summary));
      assert.deepEqual(denied, []);
    });
    const log = await server.use((redis) => redis.acl("LOG"));
    assert.deepEqual(z.array(z.unknown()).parse(log), [], "Redis refused nothing");
  }));

const refusalOf = (url: string): Promise<string> =>
  connectRedis(url, { whenAway: "fail", name: "test" }).then(
    async (client) => {
      await closeRedis(client);
      return "connected";
    },
    (error: Error) => error.message,
  );

test("a wrong password, a missing one and a user without rights are each named", () =>
  withRedisServers(async (start) => {
    const server = await start(durable);
    await server.use((redis) => redis.config("SET", "requirepass", password));
    const at = `127.0.0.1:${server.port}`;
    assert.equal(await refusalOf(`redis://:${encoded}@${at}`), "connected");
    for (const url of [`redis://:wrong@${at}`, `redis://${at}`, `redis://nobody:x@${at}`])
      assert.match(await refusalOf(url), /^Redis refuses the user or the password of REDIS_URL/, url);
  }));

test("a certificate that is not trusted, and a port without TLS, are each named", () =>
  withRedisServers(async (start, dir) => {
    const { key, cert } = selfSigned();
    await writeFile(join(dir, "key.pem"), key);
    await writeFile(join(dir, "cert.pem"), cert);
    const plain = await start(durable);
    const tls = (n: string) => join(dir, n);
    const options = ["--tls-cert-file", tls("cert.pem"), "--tls-key-file", tls("key.pem")];
    const server = await start([...durable, ...options, "--tls-auth-clients", "no"]);
    const tlsPort = await freePort();
    await server.use((redis) => redis.config("SET", "tls-port", String(tlsPort)));
    const refused = await refusalOf(`rediss://127.0.0.1:${tlsPort}`);
    assert.match(
      refused,
      /^The certificate of Redis is not trusted on this machine\. Set NODE_EXTRA_CA_CERTS/,
    );
    assert.match(
      await refusalOf(`rediss://127.0.0.1:${plain.port}`),
      /ETIMEDOUT.*TLS \(redis:\/\/ or rediss:\/\/\)/,
    );
    const script = `
      const { connectRedis, closeRedis } = await import(process.argv[1]);
      const client = await connectRedis(process.argv[2], { whenAway: "fail", name: "test" });
      console.log(await client.ping());
      await closeRedis(client);`;
    const printed = execFileSync(
      process.execPath,
      [
        ...["--input-type=module", "-e", script],
        new URL("../../src/redis/connection.ts", import.meta.url).href,
        `rediss://127.0.0.1:${tlsPort}`,
      ],
      { env: { ...process.env, NODE_EXTRA_CA_CERTS: tls("cert.pem") }, encoding: "utf8" },
    );
    assert.equal(printed.trim(), "PONG", "the documented cure works");
  }));

/** A Redis that leaves a line out of INFO, as some providers do: a proxy renames it on the way. */
const hiding = (port: number, names: readonly string[], use: (port: number) => Promise<void>) =>
  withTcpServer((socket) => {
    const onward = connectTcp(port, "127.0.0.1");
    onward.on("error", () => socket.destroy());
    onward.on("data", (chunk) => {
      const text = names.reduce(
        (rest, name) => rest.replace(`${name}:`, `${"x".repeat(name.length)}:`),
        chunk.toString("latin1"),
      );
      socket.write(Buffer.from(text, "latin1"));
    });
    socket.pipe(onward);
    socket.on("close", () => onward.destroy());
  }, use);

test("a managed Redis that hides its policy, version and persistence is warned of and used", () =>
  withRedisServers(async (start) => {
    const server = await start(durable);
    await hiding(server.port, ["maxmemory_policy", "redis_version", "aof_enabled"], async (port) => {
      const url = `redis://127.0.0.1:${port}`;
      const client = await connectRedis(url, { whenAway: "fail", name: "test" });
      const warnings = await checkRedis(client);
      await closeRedis(client);
      assert.match(
        warnings.join("\n"),
        /does not say its version.*\n.*does not say its maxmemory-policy.*noeviction.*\n.*append-only file/s,
      );
      await withStack({ redisUrl: url }, async (stack) => {
        const { install } = await stack.producer.enqueue(installRequest(1));
        assert.equal((await stack.producer.waitFor(install.id, { timeoutMs: 20_000 })).status, "completed");
        const { checks } = await runDoctor({ ...healthyEnv(stack), REDIS_URL: url }, { keys: stack.keys });
        for (const id of ["redis_version", "redis_eviction", "redis_persistence"]) {
          const check = checks.find((each) => each.id === id);
          assert.equal(check?.status, "warn", id);
          assert.match(`${check?.summary} ${check?.fix}`, /does not say.*provider/);
        }
      });
    });
  }));
