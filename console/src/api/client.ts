import createFetchClient from "openapi-fetch";
import type { paths } from "./document.ts";

/** The API, typed by its own document. The header is what a session's changes need: no page of another site can send it. */
export const api = createFetchClient<paths>({
  baseUrl: location.origin,
  headers: { "Perch-Console": "1" },
});
