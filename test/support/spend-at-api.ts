import { installSchema } from "../../src/install/install.ts";
import { type ApiAnswer, createApiClient } from "./api-client.ts";
import type { Canaries } from "./canaries.ts";
import { installRequest } from "./request.ts";
import type { Stack } from "./stack.ts";
import { until } from "./until.ts";
import { csvHeader, csvLine, numberedRequest } from "./upload.ts";

/** Numbers that Bird refuses the first time. */
export const refusedAtApi = [20, 21] as const;

/**
 * Sends secrets to the API in every place where there may be some, well and badly written, and reads everything back.
 *
 * @returns what callers got to see, and the ids of installs that were retried with another token.
 */
export const spendAtApi = async (
  { startAnApi, sandbox }: Stack,
  { accessToken, secondToken, invitationToken, signupCode, signingKey }: Canaries,
): Promise<{ readonly answers: readonly ApiAnswer[]; readonly retried: readonly string[] }> => {
  const api = await startAnApi({ meta: sandbox.meta });
  const plainCall = createApiClient(api.url);
  const answers: ApiAnswer[] = [];
  const call: typeof plainCall = async (...args) => {
    const answer = await plainCall(...args);
    answers.push(answer);
    return answer;
  };
  const json = (n: number, change: object = {}) => ({
    json: { ...installRequest(n, { accessToken, invitationToken }), ...change },
  });
  const channelWebhooks = { url: "https://receiver.example/hook", events: ["whatsapp.inbound"], signingKey };

  // Well written.
  const [one, two] = refusedAtApi;
  const keyed = { headers: { "idempotency-key": "order-1" } };
  const single = (await call("/v1/installs", { ...json(one, { channelWebhooks }), ...keyed })).as(
    installSchema,
  );
  await call(`/v1/installs/${single.id}?wait=20`);
  await call("/v1/installs", { ...json(one, { accessToken: secondToken }), ...keyed });
  await call(`/v1/installs/${single.id}/retry`, { json: { accessToken: secondToken } });
  await call(`/v1/installs/${single.id}?wait=20`);
  const { accessToken: _, ...unsigned } = json(22).json;
  const signup = await call("/v1/installs", {
    json: { ...unsigned, signupCode },
    headers: { "idempotency-key": "signup" },
  });
  await call(`/v1/installs/${signup.as(installSchema).id}?wait=20`);
  const text =
    csvHeader +
    csvLine(installRequest(two, { accessToken })) +
    csvLine({ ...numberedRequest(900), accessToken, phoneNumber: "no number" }) +
    csvLine({ ...numberedRequest(901), accessToken: `${accessToken} ${accessToken}` });
  const csv = { text, headers: { "content-type": "text/csv" } };
  const batch = await call("/v1/batches?name=canaries", csv);
  const batchPath = `/v1/batches/${String(batch.body.id)}`;
  await until("the batch has finished", async () => (await plainCall(batchPath)).body.status === "finished");
  await call(`${batchPath}/retry`, { json: { filter: {}, replace: { accessToken: secondToken } } });
  await until("it has again", async () => (await plainCall(batchPath)).body.status === "finished");

  // Badly written.
  await call("/v1/installs", {
    text: `{"accessToken": "${accessToken}", `,
    headers: { "content-type": "application/json" },
  });
  await call("/v1/installs", {
    text: `accessToken=${accessToken}`,
    headers: { "content-type": "text/plain" },
  });
  await call("/v1/installs", json(23, { accesToken: secondToken, wabaId: accessToken, name: "" }));
  await call("/v1/installs", json(23, { channelWebhooks: { ...channelWebhooks, url: signingKey } }));
  await call(`/v1/installs/${single.id}/retry`, { json: { accessToken: [accessToken] } });
  await call("/v1/batches?name=b", { text: `"${accessToken}\n`, headers: { "content-type": "text/csv" } });
  const lines = [`{"accessToken": "${accessToken}"`, `"${accessToken}"`, `["${accessToken}"]`, "{}"].join(
    "\n",
  );
  await call("/v1/batches?name=n", { text: lines, headers: { "content-type": "application/x-ndjson" } });

  // Read back.
  for (const path of ["/v1/installs", "/v1/batches", "/v1/notifications", "/v1/events/unmatched", "/metrics"])
    await call(path);
  for (const each of (await plainCall("/v1/batches")).text.matchAll(/"id":"(\w{26})"/g)) {
    await call(`/v1/batches/${each[1]}`);
    for (const format of ["csv", "ndjson"]) await call(`/v1/batches/${each[1]}/results?format=${format}`);
  }
  const rows = (await plainCall(`${batchPath}/results?format=ndjson`)).text;
  const [, inBatch = ""] = /"installId":"(\w{26})"/.exec(rows) ?? [];
  return { answers, retried: [single.id, inBatch] };
};
