import type { ConfigInput } from "../../src/config/config.ts";

/** A server on a free port where everyone may do everything in every channel, as on a developer's own machine. */
export function openConfig({ port = 0, directory }: { port?: number; directory?: string } = {}): ConfigInput {
  return {
    http_server: { port },
    log: { level: "error" },
    engine: { type: "memory" },
    client: { allow_anonymous_connect_without_token: true },
    channel: {
      without_namespace: {
        presence: true,
        join_leave: true,
        history_size: 100,
        history_ttl: "300s",
        force_recovery: true,
        allow_subscribe_for_client: true,
        allow_subscribe_for_anonymous: true,
        allow_publish_for_client: true,
        allow_publish_for_anonymous: true,
        allow_presence_for_client: true,
        allow_presence_for_anonymous: true,
        allow_history_for_client: true,
        allow_history_for_anonymous: true,
      },
    },
    ...(directory === undefined ? {} : { web: { directory } }),
  };
}
