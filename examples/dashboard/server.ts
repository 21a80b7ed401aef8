import { chorus } from "chorus";
import { metrics, type Sample } from "./contract.ts";

/** Samples of a host, until the signal aborts. */
export type Watch = (region: string, host: string, signal: AbortSignal) => AsyncIterable<typeof Sample.infer>;

/** The dashboard's server: a host is watched while its channel has a subscriber. */
export function createDashboard(watch: Watch) {
  return chorus(metrics).handle({
    channels: {
      host: {
        history: { size: 1, ttl: "1h", engine: "memory", recovery: "cache" },
        subscribe: "everyone",
        opened: async ({ params, signal, server }) => {
          const channel = server.channel("host", params);
          for await (const sample of watch(params.region, params.host, signal)) await channel.publish(sample);
        },
      },
      alerts: { history: { size: 100, ttl: "24h", engine: "memory" }, subscribe: "everyone" },
    },
  });
}
