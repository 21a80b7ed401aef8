import type { Counting, Speech } from "./speech.ts";

/**
 * The bare WebSocket: what one sends the others receive. Joining is opening; nobody is greeted. `counting` is `walk`
 * where the server pings in between.
 */
export function plain(path: string, counting: Counting = "fixed"): Speech {
  return {
    name: "plain",
    counting,
    bound: true,
    target: (channel) => `${path}?channel=${encodeURIComponent(channel)}`,
    joinFrames: () => [],
    publisherFrames: () => [],
    isGreeted: () => true,
    publishText: (_, payload) => payload,
    answered: false,
  };
}
