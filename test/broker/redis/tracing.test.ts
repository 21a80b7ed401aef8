import { expect, test } from "bun:test";
import { nameSubscribers } from "../../../src/broker/redis/connections.ts";

test("a channel of tracing has subscribers where one of its channels has some", () => {
  const names = ["start", "end", "asyncStart", "asyncEnd", "error"] as const;
  const channelOf = (subscribed: string): { readonly hasSubscribers?: boolean } => {
    const channel = Object.fromEntries(names.map((name) => [name, { hasSubscribers: name === subscribed }]));
    nameSubscribers(channel);
    return channel;
  };
  expect(channelOf("").hasSubscribers).toBe(false);
  for (const name of names) expect(channelOf(name).hasSubscribers).toBe(true);
});
