import { metricsKey } from "./scrape.ts";

/** What most tests need beyond the defaults of a configuration file: anonymous clients that may do all in a channel. */
export const openHouse = {
  http_server: { address: "127.0.0.1", port: 0 },
  echo: { enabled: true },
  prometheus: { key: metricsKey },
  client: { allow_anonymous_connect_without_token: true, message_rate_limit: 0 },
  channel: {
    without_namespace: {
      allow_subscribe_for_client: true,
      allow_subscribe_for_anonymous: true,
      allow_publish_for_client: true,
      allow_publish_for_anonymous: true,
    },
  },
  shutdown: { batch_interval: "1ms" },
};
