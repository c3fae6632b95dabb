import assert from "node:assert/strict";
import test from "node:test";
import { type ApiKey, hashApiKey } from "../../../src/api/auth/api-keys.ts";
import { createSessions } from "../../../src/api/auth/sessions.ts";
import { createSeal, generateSealingKey, readSealingKeys } from "../../../src/queue/secrets/seal.ts";
import { noneEnded } from "../../support/browser.ts";

const keyOf = (name: string): ApiKey => ({ name, hash: hashApiKey(`${name}-key`), scopes: ["read"] });
const [crm, desk] = [keyOf("crm"), keyOf("desk")];
const sealingKeys = readSealingKeys(generateSealingKey());
const seal = createSeal(sealingKeys);
const twelveHoursMs = 43_200_000;

test("a session ends after twelve hours, to the millisecond", async () => {
  let nowMs = 1_000_000;
  const sessions = createSessions({ endedSessions: noneEnded, keys: [crm], seal, now: () => nowMs });
  const { cookie, endsMs } = await sessions.begin(crm);
  assert.equal(endsMs, nowMs + twelveHoursMs);
  nowMs = endsMs - 1;
  assert.equal((await sessions.find(cookie))?.key.name, "crm");
  nowMs = endsMs;
  assert.equal(await sessions.find(cookie), undefined);
});

test("a session ends when its key is listed no more, and has the rights its key has now", async () => {
  const { cookie } = await createSessions({ endedSessions: noneEnded, keys: [crm, desk], seal }).begin(crm);
  assert.equal(
    await createSessions({ endedSessions: noneEnded, keys: [desk], seal }).find(cookie),
    undefined,
  );
  const another = { ...crm, hash: hashApiKey("another-key") };
  assert.equal(
    await createSessions({ endedSessions: noneEnded, keys: [another], seal }).find(cookie),
    undefined,
    "same name",
  );
  const renamed: ApiKey = { ...crm, name: "renamed", scopes: ["admin"] };
  assert.deepEqual(
    (await createSessions({ endedSessions: noneEnded, keys: [desk, renamed], seal }).find(cookie))?.key,
    renamed,
  );
});

test("every sign-in of a key makes another cookie, and none of them shows its key", async () => {
  const sessions = createSessions({ endedSessions: noneEnded, keys: [crm], seal });
  const cookies = await Promise.all([crm, crm, crm].map(async (key) => (await sessions.begin(key)).cookie));
  assert.equal(new Set(cookies).size, 3);
  const hash = Buffer.from(crm.hash);
  for (const shown of cookies.flatMap((cookie) => [cookie, ...cookie.split(".").map(decoded)]))
    for (const secret of ["crm", hash.toString("hex"), hash.toString("base64url")])
      assert.ok(!shown.includes(secret), secret);
});

const decoded = (part: string): string => Buffer.from(part, "base64url").toString("latin1");

test("a cookie that was changed, sealed by others or for something else is no session", async () => {
  const sessions = createSessions({ endedSessions: noneEnded, keys: [crm], seal });
  const { cookie } = await sessions.begin(crm);
  const foreign = createSessions({
    endedSessions: noneEnded,
    keys: [crm],
    seal: createSeal(readSealingKeys(generateSealingKey())),
  });
  const id = { installId: "01ARZ3NDEKTSV4RRFFQ69G5FAV", workspaceId: "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10" };
  const text = await seal.openText(cookie, { purpose: "session" });
  const others = [
    "",
    "x",
    "a.b.c.d.e",
    cookie.slice(0, -1),
    `${cookie}A`,
    ...[...cookie].flatMap((letter, at) =>
      at % 7 === 0 ? [cookie.slice(0, at) + (letter === "A" ? "B" : "A") + cookie.slice(at + 1)] : [],
    ),
    (await foreign.begin(crm)).cookie,
    await seal.sealText(text, { purpose: "tokens", ...id }),
    await seal.sealText(text, { purpose: "access-key", workspaceId: id.workspaceId }),
    await seal.sealText("{}", { purpose: "session" }),
    await seal.sealText(JSON.stringify({ ...JSON.parse(text), keyHash: "" }), { purpose: "session" }),
    await seal.seal({ accessToken: "EAAG" }, id),
  ];
  for (const other of others) assert.equal(await sessions.find(other), undefined, other);
  assert.equal((await sessions.find(cookie))?.key.name, "crm");
});

test("a cookie opens nothing where a sealed token belongs", async () => {
  const { cookie } = await createSessions({ endedSessions: noneEnded, keys: [crm], seal }).begin(crm);
  const id = { installId: "01ARZ3NDEKTSV4RRFFQ69G5FAV", workspaceId: "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10" };
  await assert.rejects(seal.open(cookie, id), { reason: "not_for_this" });
});

test("sessions outlive a rotation of the sealing keys while the old one is listed", async () => {
  const { cookie } = await createSessions({ endedSessions: noneEnded, keys: [crm], seal }).begin(crm);
  const newer = readSealingKeys(generateSealingKey());
  const rotated = createSeal([...newer, ...sealingKeys]);
  assert.equal(
    (await createSessions({ endedSessions: noneEnded, keys: [crm], seal: rotated }).find(cookie))?.key.name,
    "crm",
  );
  assert.equal(
    await createSessions({ endedSessions: noneEnded, keys: [crm], seal: createSeal(newer) }).find(cookie),
    undefined,
  );
});
