import { once } from "node:events";
import { connect, createServer } from "node:net";

interface Cut {
  /** Where to connect instead of to the server. */
  readonly url: string;
  /** How many connections were cut. A browser sends a request again by itself whose connection had served others. */
  times(): number;
  /** Cuts no more of them. */
  stop(): void;
}

/**
 * A proxy on loopback that cuts connections whose request begins with `begins`, once so many of its bytes have passed, until
 * it is stopped. All others it passes on as they are.
 */
export const withCutConnection = async (
  target: string,
  { begins, afterBytes }: { readonly begins: string; readonly afterBytes: number },
  run: (cut: Cut) => Promise<void>,
): Promise<void> => {
  const { port, hostname } = new URL(target);
  let [times, isStopped] = [0, false];
  const open = new Set<{ destroy(): void }>();
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    const end = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on("error", end).on("close", () => {
        open.delete(socket);
        end();
      });
    }
    let passed: number | undefined;
    client.on("data", (bytes) => {
      if (!isStopped && bytes.includes(begins)) passed = 0;
      if (passed !== undefined) passed += bytes.length;
      if (!isStopped && passed !== undefined && passed > afterBytes) {
        times += 1;
        end();
        return;
      }
      if (!upstream.write(bytes)) client.pause();
    });
    upstream.on("drain", () => client.resume());
    upstream.pipe(client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  try {
    await run({
      url: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`,
      times: () => times,
      stop: () => {
        isStopped = true;
      },
    });
  } finally {
    for (const socket of open) socket.destroy();
    server.close();
  }
};
