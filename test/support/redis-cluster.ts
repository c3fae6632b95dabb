import { z } from "zod";
import { durable, freePort, type RedisServer, withRedisServers } from "./redis-servers.ts";
import { until } from "./until.ts";

/** A Redis Cluster of three masters with a replica each, as processes on loopback. */
export interface TestCluster {
  readonly url: string;
  readonly masters: readonly RedisServer[];
  /** Which of the masters the key was on when the cluster was made. */
  masterOf(key: string): Promise<RedisServer>;
}

const masterCount = 3;
const slotCount = 16_384;

/** Lends a cluster. A node counts as dead after half a second. */
export const withRedisCluster = (use: (cluster: TestCluster) => Promise<void>): Promise<void> =>
  withRedisServers(async (start, dir) => {
    const startNode = async (n: number): Promise<RedisServer> => {
      const bus = await freePort();
      const names = ["--cluster-port", `${bus}`, "--cluster-config-file", `${dir}/nodes-${n}.conf`];
      const node = await start([
        ...durable,
        ...["--cluster-enabled", "yes", "--cluster-node-timeout", "500"],
        ...names,
      ]);
      buses.set(node, bus);
      return node;
    };
    const buses = new Map<RedisServer, number>();
    const nodes = await Promise.all(Array.from({ length: 2 * masterCount }, (_, n) => startNode(n)));
    const [masters, replicas] = [nodes.slice(0, masterCount), nodes.slice(masterCount)];
    const [first] = masters;
    if (first === undefined) throw new RangeError("a master");
    const firstSlot = (n: number): number => Math.ceil((n * slotCount) / masterCount);
    for (const [n, node] of nodes.entries()) {
      await node.use(async (redis) => {
        await redis.cluster("SET-CONFIG-EPOCH", n + 1);
        if (n < masterCount) await redis.cluster("ADDSLOTSRANGE", firstSlot(n), firstSlot(n + 1) - 1);
        if (n > 0) await redis.cluster("MEET", "127.0.0.1", first.port, buses.get(first) ?? 0);
      });
    }
    const ids = await Promise.all(masters.map((node) => node.use((redis) => redis.cluster("MYID"))));
    for (const [n, replica] of replicas.entries()) {
      await until("a replica has its master", () =>
        replica.use((redis) => redis.cluster("REPLICATE", z.string().parse(ids[n]))).catch(() => false),
      );
    }
    await until("the cluster is whole", async () => {
      const states = await Promise.all(nodes.map((node) => node.use((redis) => redis.cluster("INFO"))));
      return states.every((state) => /cluster_state:ok.*cluster_known_nodes:6/s.test(String(state)));
    });
    await until("replicas follow", async () => {
      const infos = await Promise.all(masters.map((node) => node.use((redis) => redis.info("replication"))));
      return infos.every((info) => /^slave0:.*state=online/m.test(info));
    });
    await use({
      url: `redis+cluster://${masters.map(({ port }) => `127.0.0.1:${port}`).join(",")}`,
      masters,
      masterOf: async (key) => {
        const slot = z.number().parse(await first.use((redis) => redis.cluster("KEYSLOT", key)));
        const master = masters[Math.floor((slot * masterCount) / slotCount)];
        if (master === undefined) throw new RangeError("a master for every slot");
        return master;
      },
    });
  });
