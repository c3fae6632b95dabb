import type { InputRow } from "../../src/producer/put/enqueue-rows.ts";
import { installRequest } from "./request.ts";

/** As many good rows as asked for, 10,000 at most, each of another number. */
export const manyRows = (count: number): InputRow[] =>
  Array.from({ length: count }, (_, n) => ({
    row: n + 1,
    input: {
      ...installRequest(0),
      name: `Acme ${n}`,
      phoneId: String(106540352242000 + n),
      phoneNumber: `+1415${String(5550000 + n)}`,
    },
  }));
