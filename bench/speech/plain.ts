import type { Speech } from "./speech.ts";

/** The bare WebSocket: what one sends the others receive. Joining is opening; nobody is greeted. */
export function plain(path: string): Speech {
  return {
    name: "plain",
    counting: "fixed",
    bound: true,
    target: (channel) => `${path}?channel=${encodeURIComponent(channel)}`,
    joinFrames: () => [],
    publisherFrames: () => [],
    isGreeted: () => true,
    publishText: (_, payload) => payload,
    answered: false,
  };
}
