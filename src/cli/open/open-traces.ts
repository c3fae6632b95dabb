import type { Config } from "../../config/config.ts";
import type { Logger } from "../../log.ts";
import type { Traces } from "../../traces/traces.ts";

/**
 * Starts traces when there is a collector to send them to; else undefined, and nothing of OpenTelemetry's SDK is
 * loaded.
 *
 * @param deps.role What the service is called unless OTEL_SERVICE_NAME says otherwise.
 */
export const openTraces = async (deps: {
  readonly config: Config;
  readonly role: string;
  readonly version?: string | undefined;
  readonly log: Logger;
}): Promise<Traces | undefined> => {
  const { config, role, version, log } = deps;
  const url = tracesUrl(config);
  if (url === undefined) return undefined;
  const { startTraces } = await import("../../traces/traces.ts");
  const settings = {
    url,
    headers: config.OTEL_EXPORTER_OTLP_HEADERS ?? {},
    serviceName: config.OTEL_SERVICE_NAME ?? role,
    ratio: config.OTEL_TRACES_SAMPLER_ARG,
  };
  return startTraces({ settings, version, log });
};

/** @see https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp */
const tracesUrl = ({
  OTEL_EXPORTER_OTLP_ENDPOINT: base,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: own,
}: Config): string | undefined =>
  own ?? (base === undefined ? undefined : `${base.replace(/\/+$/, "")}/v1/traces`);
