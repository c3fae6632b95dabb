import { once } from "node:events";
import { type ClientRequest, request } from "node:http";
import { text } from "node:stream/consumers";
import type { InstallRequestInput } from "../../src/install/request.ts";
import { installRequest } from "./request.ts";

/** A good request of any of 10,000 numbers. */
export const numberedRequest = (n: number): InstallRequestInput => ({
  ...installRequest(0),
  name: `Acme ${n}`,
  phoneId: String(106540352200000 + n),
  phoneNumber: `+1415555${String(n).padStart(4, "0")}`,
});

export const csvHeader = "workspaceId,name,wabaId,phoneId,phoneNumber,accessToken\n";

export const csvLine = ({
  workspaceId,
  name,
  wabaId,
  phoneId,
  phoneNumber,
  accessToken,
}: InstallRequestInput): string =>
  `${[workspaceId, name, wabaId, phoneId, phoneNumber, accessToken].join()}\n`;

export const csvOf = (inputs: readonly InstallRequestInput[]): string =>
  csvHeader + inputs.map(csvLine).join("");

/** An upload that is sent bit by bit. */
export interface OpenUpload {
  /** Resolves once the connection takes more. */
  write(piece: string): Promise<void>;
  /** Sends the end of the body, and reads the answer. */
  end(): Promise<{ readonly status: number; readonly body: Readonly<Record<string, unknown>> }>;
  /** Waits for the answer, whether or not all has been sent. */
  answer(): Promise<{ readonly status: number; readonly body: Readonly<Record<string, unknown>> }>;
  /** Goes away in the middle. */
  abort(): Promise<void>;
}

/** Begins an upload with chunked encoding. */
export const openUpload = (
  url: string,
  contentType = "text/csv",
  others: Readonly<Record<string, string>> = {},
): OpenUpload => {
  const headers = { "content-type": contentType, ...others };
  const outgoing: ClientRequest = request(url, { method: "POST", headers });
  const read = async () => {
    const [incoming] = await once(outgoing, "response");
    return { status: Number(incoming.statusCode), body: JSON.parse(await text(incoming)) };
  };
  const answered = read();
  answered.catch(() => undefined);
  return {
    write: async (piece) => {
      if (!outgoing.write(piece)) await once(outgoing, "drain");
    },
    end: () => {
      outgoing.end();
      return answered;
    },
    answer: () => answered,
    abort: async () => {
      const closed = new Promise((resolve) => outgoing.once("close", resolve));
      outgoing.on("error", () => undefined).destroy();
      await closed;
    },
  };
};
