import type { ConfigInput } from "./config.ts";
import type { Tree } from "./tree.ts";

/** Without a file, a profile in which everything works at once; with one, exactly what it says. */
export type Profile = "development" | "file";

/**
 * What the development profile changes of the defaults: the page, a bare WebSocket and a stock client can do everything
 * at once. Join and leave messages go to clients that ask for them, recovery is for all. `allow_user_limited_channels`
 * stays off: it does not allow more but less, to anonymous clients nothing.
 */
const development = {
  client: { allow_anonymous_connect_without_token: true },
  echo: { enabled: true },
  channel: {
    without_namespace: {
      presence: true,
      join_leave: true,
      history_size: 100,
      history_ttl: "300s",
      force_recovery: true,
      allow_positioning: true,
      allow_recovery: true,
      allow_subscribe_for_client: true,
      allow_subscribe_for_anonymous: true,
      allow_publish_for_client: true,
      allow_publish_for_subscriber: true,
      allow_publish_for_anonymous: true,
      allow_presence_for_client: true,
      allow_presence_for_subscriber: true,
      allow_presence_for_anonymous: true,
      allow_history_for_client: true,
      allow_history_for_subscriber: true,
      allow_history_for_anonymous: true,
    },
  },
} satisfies ConfigInput;

/** What a profile lays over the defaults. */
export const profiles: Readonly<Record<Profile, Tree>> = { development, file: {} };
