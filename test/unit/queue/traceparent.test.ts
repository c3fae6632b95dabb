import assert from "node:assert/strict";
import test from "node:test";
import { formatTraceparent, parseTraceparent } from "../../../src/queue/installs/trace.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const spanId = "b7ad6b7169203331";

test("a traceparent is read as it is written, with the one flag that is known", () => {
  const place = { traceId, spanId, traceFlags: 1 };
  assert.equal(formatTraceparent(place), `00-${traceId}-${spanId}-01`);
  assert.deepEqual(parseTraceparent(formatTraceparent(place)), place);
  assert.deepEqual(parseTraceparent(`00-${traceId}-${spanId}-02`), { ...place, traceFlags: 0 });
  assert.deepEqual(parseTraceparent(`01-${traceId}-${spanId}-03-more`), place);
});

for (const text of [
  "",
  `ff-${traceId}-${spanId}-01`,
  `00-${traceId}-${spanId}-01-more`,
  `00-${traceId.toUpperCase()}-${spanId}-01`,
  `00-${"0".repeat(32)}-${spanId}-01`,
  `00-${traceId}-${"0".repeat(16)}-01`,
  `00-${traceId}-${spanId}`,
])
  test(`"${text}" is no traceparent`, () => assert.equal(parseTraceparent(text), undefined));
