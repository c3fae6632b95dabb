import { z } from "zod";

const serviceSchema = z.object({
  build: z.string().optional(),
  image: z.string().optional(),
  entrypoint: z.array(z.string()).default([]),
  command: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string().nullable()).default({}),
  ports: z.array(z.string()).default([]),
  profiles: z.array(z.string()).default([]),
  network_mode: z.string().optional(),
  networks: z.array(z.string()).default(["default"]),
  volumes: z.array(z.string()).default([]),
  read_only: z.literal(true),
  cap_drop: z.tuple([z.literal("ALL")]),
  security_opt: z.tuple([z.literal("no-new-privileges:true")]),
  stop_grace_period: z.string().optional(),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
});

/** What the tests look at of `docker-compose.yml`; it also demands of every service what makes it harmless. */
export const composeSchema = z.object({ services: z.record(z.string(), serviceSchema) });

export type ComposeService = z.output<typeof serviceSchema>;
