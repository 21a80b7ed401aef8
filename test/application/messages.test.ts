import { expect, setDefaultTimeout, test } from "bun:test";
import { createClient } from "chorus/client";
import { contract } from "chorus/contract";
import * as v from "valibot";
import { StockClient } from "../conformance/stock/stock-client.ts";
import { startApi } from "../support/api.ts";
import { Inbox } from "../support/inbox.ts";
import { tokenFor } from "../support/open-channels.ts";
import { testTimeout } from "../support/patience.ts";

setDefaultTimeout(testTimeout);

const orders = contract({ messages: { shipped: v.object({ order: v.number() }), other: v.null() } });

test("[IN10] a message is acknowledged when its listeners have returned, and comes again where one fails or there is none", async () => {
  await using api = await startApi();
  const { id } = (
    await api.call("send", { user: "ann", until: "acknowledged", data: { name: "shipped", data: { order: 7 } } })
  ).json.result;
  const heard = new Inbox<number>("orders", String);
  const isAcknowledged = async () =>
    (await api.call("push_log", { id, outcome: "acknowledged" })).json.result.entries.length > 0;
  using stock = new StockClient(api.ws, { token: tokenFor({ sub: "ann" }) });
  const client = createClient(orders, stock.api);
  const reconnect = async () => {
    stock.api.disconnect();
    await stock.until("client", "disconnected");
    await stock.connect();
    // What was sent before this answer has been handed to the listeners.
    await stock.api.rpc("chorus:ack", { ids: [] });
  };

  client.on("other", () => heard.push(0));
  await stock.connect();
  await stock.api.rpc("chorus:ack", { ids: [] });
  expect(await isAcknowledged()).toBe(false);

  const stop = client.on("shipped", async ({ order }) => {
    heard.push(order);
    throw new Error("no paper");
  });
  const failed = new Promise((resolve) => stock.api.on("error", resolve));
  await reconnect();
  expect([await heard.next(), await failed]).toMatchObject([
    7,
    { type: "listener", error: { message: "a listener failed: no paper" } },
  ]);
  expect(await isAcknowledged()).toBe(false);
  stop();

  const done = Promise.withResolvers<void>();
  client.on("shipped", ({ order }) => {
    heard.push(order);
    return done.promise;
  });
  await reconnect();
  expect(await heard.next()).toBe(7);
  // It comes again while a listener works on it, and is handed to none.
  await reconnect();
  expect(await isAcknowledged()).toBe(false);
  done.resolve();
  while (!(await isAcknowledged()));
  await reconnect();
  expect(heard.waiting).toBe(0);
});
