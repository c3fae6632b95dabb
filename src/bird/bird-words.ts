import type { IncomingHttpHeaders } from "node:http";
import { z } from "zod";
import type { BirdWords } from "../install/errors/install-error.ts";
import { listOf, member, text } from "../install/values/lenient.ts";

const messageCharactersMax = 500;
const detailsMax = 20;
const pathCharactersMax = 100;

const words = { code: text, message: text, name: text, request_id: text, requestId: text };
const item = z.object({ path: text, field: text, pointer: text, location: text, property: text, name: text });
const details = member(
  z.union([
    listOf(item).transform((items) =>
      items.map(
        (each) => each.path ?? each.field ?? each.pointer ?? each.location ?? each.property ?? each.name,
      ),
    ),
    z.record(z.string(), z.unknown()).transform(Object.keys),
  ]),
);
const plainSchema = z.object({ ...words, details });
/** Both bodies that Bird's references print: `{code, message, details}`, and the same within `error`. */
const bodySchema = plainSchema.extend({ error: member(plainSchema) });

const requestIdHeaders = [
  "x-request-id",
  "request-id",
  "messagebird-request-id",
  "x-correlation-id",
] as const;

/**
 * Reads what Bird says about a request it did not carry out: its code, its sentence, the paths of the members it names
 * and its request id. Everything is bounded, and the sentence and paths are cleaned of secrets, numbers and controls.
 *
 * @param secrets Sent with the request, so the answer may repeat them.
 * @see https://docs.bird.com/api/api-access/common-api-usage
 * @see https://bird.com/en-us/docs/guides/errors
 */
export const birdWordsOf = (
  body: unknown,
  headers: IncomingHttpHeaders,
  secrets: readonly string[],
): BirdWords => {
  const plain = bodySchema.safeParse(body).data;
  const said = plain?.error ?? plain;
  const birdCode = said?.code?.slice(0, 200);
  const message = said?.message === undefined ? "" : cleaned(said.message, secrets);
  const paths = (said?.details ?? [])
    .flatMap((path) => (path === undefined ? [] : [cleaned(path, secrets).slice(0, pathCharactersMax)]))
    .filter((path) => path !== "")
    .slice(0, detailsMax);
  const requestId = [
    said?.request_id,
    said?.requestId,
    ...requestIdHeaders.map((name) => headers[name]),
  ].find((id) => typeof id === "string" && /^[\w.:/+=-]{1,100}$/.test(id));
  return {
    birdCode,
    ...(message !== "" && { birdMessage: shortened(message) }),
    ...(paths.length > 0 && { birdDetails: paths }),
    ...(typeof requestId === "string" && { birdRequestId: requestId }),
  };
};

/** UUIDs stay, as they name workspaces and connectors; what may be a token or a phone number goes. */
const sensitive =
  /(?<uuid>\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b)|(?<token>\bEAA\w+|\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{24,}|\b[A-Za-z]{40,}\b)|(?<number>\+?\d[\d ()./-]{5,}\d)/gi;

const cleaned = (said: string, secrets: readonly string[]): string =>
  secrets
    .filter((secret) => secret.length > 3)
    .reduce((rest, secret) => rest.replaceAll(secret, "[token]"), said.slice(0, 10_000).toWellFormed())
    .replaceAll(sensitive, (match, uuid, token) =>
      uuid !== undefined ? match : token !== undefined ? "[token]" : "[number]",
    )
    .replaceAll(/\p{Cf}/gu, "")
    .replaceAll(/[\s\p{Cc}]+/gu, " ")
    .trim();

const shortened = (said: string): string =>
  said.length <= messageCharactersMax ? said : `${said.slice(0, messageCharactersMax - 1)}…`;

/** Values of members called a token, secret or key, at any depth. */
export const secretsIn = (json: unknown): readonly string[] => {
  if (typeof json !== "object" || json === null) return [];
  return Object.entries(json).flatMap(([name, value]) =>
    typeof value === "string" ? (/token|secret|key/i.test(name) ? [value] : []) : secretsIn(value),
  );
};
