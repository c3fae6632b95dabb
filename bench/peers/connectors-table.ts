/** The table in which both peers on PostgreSQL match events to installs. The connection is that of the PG* variables. */
import pg from "pg";
import type { ChannelCreated } from "./peer.ts";

/**
 * One upsert each by the worker and by the webhook service, in whatever order: nothing waits for the other, and an event
 * that comes before the create's answer is not lost.
 */
export const openConnectorsTable = async () => {
  const pool = new pg.Pool({ max: 10 });
  pool.on("error", () => {});
  await pool.query("SELECT 1");
  return {
    create: () =>
      pool.query("CREATE TABLE connectors (id uuid PRIMARY KEY, phone_id bigint, channel_id uuid)"),
    link: (created: readonly { readonly connectorId: string; readonly phoneId: string }[]) =>
      pool.query({
        name: "link",
        text: `INSERT INTO connectors (id, phone_id) SELECT * FROM unnest($1::uuid[], $2::bigint[])
          ON CONFLICT (id) DO UPDATE SET phone_id = excluded.phone_id`,
        values: [created.map(({ connectorId }) => connectorId), created.map(({ phoneId }) => phoneId)],
      }),
    store: async ({ connectorId, channelId }: ChannelCreated): Promise<boolean> => {
      await pool.query({
        name: "store",
        text: `INSERT INTO connectors (id, channel_id) VALUES ($1, $2)
          ON CONFLICT (id) DO UPDATE SET channel_id = excluded.channel_id`,
        values: [connectorId, channelId],
      });
      return true;
    },
    completed: async (): Promise<number> => {
      const { rows } = await pool.query(`SELECT count(*)::int AS count FROM (
        SELECT DISTINCT phone_id FROM connectors WHERE phone_id IS NOT NULL AND channel_id IS NOT NULL) AS done`);
      return rows[0].count;
    },
  };
};
