import assert from "node:assert/strict";
import { z } from "zod";
import { connectLinkSchema } from "../../src/install/connect-link.ts";
import { metaTokenOf } from "../../src/sandbox/meta.ts";
import { createApiClient } from "./api-client.ts";
import type { Canaries } from "./canaries.ts";
import { workspaceId } from "./request.ts";
import { localConnect } from "./role-settings.ts";
import type { Stack } from "./stack.ts";
import { until } from "./until.ts";

const madeSchema = z.object({ id: z.string(), url: z.string() });

/** What became of secrets that customers' pages sent. */
interface SpentAtConnect {
  /** Shown once, in the answer that made each link, which is left out of `answers`. */
  readonly linkSecrets: readonly string[];
  readonly answers: readonly { readonly status: number; readonly text: string }[];
  /** The links' statuses, in the order in which they were made. */
  readonly linkStatuses: readonly string[];
}

/**
 * Goes through the endings of connect links: a code that Meta exchanges, for a token that Meta then has a word about, one
 * that Meta has exchanged already, secrets that are nobody's, and bodies that are badly written.
 */
export const spendAtConnect = async (
  { startAnApi, startAConnect, sandbox, producer }: Stack,
  { invitationToken, connectCode, signingKey, stem }: Canaries,
): Promise<SpentAtConnect> => {
  const [api, { url }] = [await startAnApi({ connect: localConnect }), await startAConnect()];
  const call = createApiClient(api.url);
  const channelWebhooks = { url: "https://receiver.example/hook", events: ["whatsapp.inbound"], signingKey };
  const json = { workspaceId, name: "Acme", invitationToken, channelWebhooks };
  const make = async () => {
    const made = (await call("/v1/connect-links", { json })).as(madeSchema);
    return { link: made.id, secret: made.url.split("#")[1] ?? "" };
  };
  const [one, two] = [await make(), await make()];
  const answers: { readonly status: number; readonly text: string }[] = [];
  const send = async (name: string, body: object | string): Promise<number> => {
    const answer = await fetch(`${url}/v1/session/${name}`, {
      method: "POST",
      headers: { origin: url, "content-type": "application/json" },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
    answers.push({ status: answer.status, text: await answer.text() });
    return answer.status;
  };
  const phones = [30, 31].map((n) => ({
    phoneId: String(106540352242000 + n),
    displayPhoneNumber: `+1 415-555-01${n}`,
  }));
  // A finding of the preflight, so that it is written down.
  sandbox.addMetaObjects({
    phones,
    tokens: [{ token: metaTokenOf(connectCode), expiresAtMs: Date.now() + 3_600_000 }],
  });
  const signup = { code: connectCode, wabaId: "102290129340398", event: "FINISH" };

  for (const each of [one, two]) {
    await send("open", each);
    await send("started", each);
  }
  await send("finish", { ...two, ...signup, wabaId: connectCode });
  await send("finish", `{"code": "${connectCode}", "secret": "${one.secret}", `);
  await send("finish", {
    ...one,
    secret: `${one.secret.slice(0, -4)}AAAA`,
    ...signup,
    phoneId: phones[0]?.phoneId,
  });
  await send("open", { link: two.secret, secret: `${stem}-NOT-A-SECRET` });
  assert.equal(await send("finish", { ...one, ...signup, phoneId: phones[0]?.phoneId }), 200);
  const find = async ({ link }: typeof one) =>
    (await call(`/v1/connect-links/${link}`)).as(connectLinkSchema);
  await until("the first link is connected", async () => (await find(one)).status === "connected");
  await send("finish", { ...two, ...signup, phoneId: phones[1]?.phoneId });
  await send("status", one);
  for (const path of ["/v1/connect-links", `/v1/connect-links/${one.link}`, "/v1/installs", "/metrics"])
    answers.push(await call(path));
  const links = [await find(one), await find(two)];
  for (const { installId } of links)
    if (installId !== undefined)
      answers.push({ status: 200, text: JSON.stringify(await producer.installs.timeline(installId)) });
  return {
    linkSecrets: [one.secret, two.secret],
    answers: answers.map(({ status, text }) => ({ status, text })),
    linkStatuses: links.map(({ status, error }) => error?.code ?? status),
  };
};
