import { Readable, Writable } from "node:stream";
import type { Io } from "../../../src/cli/terminal/io.ts";

/** An Io whose output can be read back. */
export interface TestIo extends Io {
  out(): string;
  err(): string;
}

export const createTestIo = (
  options: {
    readonly stdin?: string | Uint8Array | Readable;
    readonly isTty?: boolean;
    readonly isStdinTty?: boolean;
  } = {},
): TestIo => {
  const { stdin = "", isTty = false, isStdinTty = false } = options;
  const out = createSink(false);
  const err = createSink(isTty);
  return {
    stdin: stdin instanceof Readable ? stdin : Readable.from([Buffer.from(stdin)]),
    stdout: out.stream,
    stderr: err.stream,
    isTty,
    isStdinTty,
    out: out.text,
    err: err.text,
  };
};

const createSink = (isTty: boolean) => {
  const chunks: string[] = [];
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      chunks.push(String(chunk));
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY: isTty, columns: 110 }), text: () => chunks.join("") };
};
