import { createKeptDigests } from "../../src/queue/secrets/kept-digests.ts";

/** Digests under a key of the tests. */
export const testDigests = createKeptDigests([{ bytes: Buffer.from("a key that only the tests have!!") }]);
