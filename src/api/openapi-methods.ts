import type { Method } from "./requests.ts";

// What the OpenAPI document says of each method that its schemas do not.

/** What each method does, in a sentence. */
export const summaries: Readonly<Record<Method, string>> = {
  publish: "Publishes into a channel.",
  broadcast: "Publishes the same into many channels; one outcome for each.",
  send: "Tells every connection of a user, or later the next one.",
  push_log: "Pages through what was pushed, newest first.",
  subscribe: "Subscribes a user's connections to a channel.",
  unsubscribe: "Takes a user's connections out of a channel.",
  disconnect: "Ends a user's connections.",
  refresh: "Moves the expiry of a user's connections, or ends them.",
  presence: "Tells who is in a channel.",
  presence_stats: "Tells how many connections and users are in a channel.",
  history: "Reads a channel's history.",
  history_remove: "Forgets a channel's publications and keeps its position.",
  channels: "Lists the channels with an subscribers, by a pattern.",
  info: "Tells of the node.",
  rpc: "Calls a method of the server; there are none.",
};

/** Without which a method answers 107; a publish and a message need data or b64data as well, a message a user or a client. */
export const needed: Partial<Readonly<Record<Method, readonly string[]>>> = {
  publish: ["channel"],
  broadcast: ["channels"],
  subscribe: ["channel"],
  unsubscribe: ["channel"],
  presence: ["channel"],
  presence_stats: ["channel"],
  history: ["channel"],
  history_remove: ["channel"],
  rpc: ["method"],
};
