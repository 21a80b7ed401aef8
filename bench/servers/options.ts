/** What everyone may do in a bench's channels; nothing here costs or saves anything but the check itself. */
export const openChannels = {
  allow_subscribe_for_client: true,
  allow_subscribe_for_anonymous: true,
  allow_publish_for_client: true,
  allow_publish_for_anonymous: true,
};

/** Clients of a bench: no token, no limit of rate, and no ping that would count as a frame of the run. */
export const freeClient = {
  allow_anonymous_connect_without_token: true,
  message_rate_limit: 0,
  subscribe_rate_limit: 0,
  ping_interval: "1h",
};
