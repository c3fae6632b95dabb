import type { InputRow } from "../../../src/producer/put/enqueue-rows.ts";
import { type ReadOptions, readRows } from "../../../src/producer/read/rows.ts";

/** The bytes of a text or of raw bytes, in chunks of the given size. */
export async function* chunksOf(content: string | Uint8Array, sizeBytes = 7): AsyncGenerator<Uint8Array> {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  for (let at = 0; at < bytes.length; at += sizeBytes) yield bytes.subarray(at, at + sizeBytes);
}

export const readAll = async (
  content: string | Uint8Array,
  options: Partial<ReadOptions> & { readonly sizeBytes?: number | undefined } = {},
): Promise<InputRow[]> => {
  const rows = await readWithLines(content, options);
  return rows.map(({ line: _, ...row }) => row);
};

export const readWithLines = (
  content: string | Uint8Array,
  { format = "csv", sizeBytes, ...others }: Parameters<typeof readAll>[1] = {},
): Promise<InputRow[]> => Array.fromAsync(readRows(chunksOf(content, sizeBytes), { format, ...others }));

export const header = "workspaceId,name,wabaId,phoneId,phoneNumber,accessToken";
export const workspaceId = "5f0c1d2e-0000-4000-8000-000000000001";

/** A valid row of {@link header}, distinguished by its number. */
export const line = (number: number, name = `Shop ${number}`): string =>
  `${workspaceId},${name},1234567890,${2_000_000 + number},+1415555${String(100 + number).padStart(4, "0")},EAAG-EXAMPLE-${number}`;

/** What {@link line} is read as. */
export const input = (number: number, name = `Shop ${number}`): Record<string, unknown> => ({
  workspaceId,
  name,
  wabaId: "1234567890",
  phoneId: String(2_000_000 + number),
  phoneNumber: `+1415555${String(100 + number).padStart(4, "0")}`,
  accessToken: `EAAG-EXAMPLE-${number}`,
});
