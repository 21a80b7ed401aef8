import { expect, setDefaultTimeout, test } from "bun:test";
import { CentrifugeProbe } from "../support/centrifuge-probe.ts";
import { TemporaryFolder } from "../support/folder.ts";
import { Inbox } from "../support/inbox.ts";
import { testTimeout } from "../support/patience.ts";
import { startTestServer } from "../support/server.ts";

setDefaultTimeout(testTimeout);

interface Told {
  readonly type: string;
  readonly client?: string;
  readonly channel?: string;
  readonly code?: number;
}

test("[EV6] a server that stops tells of the end of all connections and channels before it has ended", async () => {
  await using folder = await TemporaryFolder.create();
  const told = new Inbox<Told>("events", ({ type }) => type);
  await using backend = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: async (request) => {
      const { events } = (await request.json()) as { events: readonly Told[] };
      for (const event of events) told.push(event);
      return new Response();
    },
  });
  const hook = { endpoint: backend.url.href };
  await using server = await startTestServer({
    client: { proxy: { connected: { enabled: true, ...hook }, disconnect: { enabled: true, ...hook } } },
    channel: {
      proxy: { unsubscribe: hook, channel_state: hook },
      without_namespace: { unsubscribe_proxy_enabled: true, channel_state_proxy_enabled: true },
    },
    event_outbox: { path: `${folder.path}/events.db`, batch_interval: "1h" },
  });
  const clients = await Promise.all([1, 2, 3].map(() => CentrifugeProbe.connect(server.ws)));
  for (const client of clients) await client.subscribe("room");
  await server.stop();
  const events: Told[] = [];
  while (told.waiting > 0) events.push(await told.next());
  const typesOf = (of: string) => events.filter(({ client }) => client === of).map(({ type }) => type);
  for (const { client } of clients) expect(typesOf(client)).toEqual(["connected", "unsubscribe", "disconnect"]);
  expect(events.filter(({ type }) => type === "disconnect").map(({ code }) => code)).toEqual([3001, 3001, 3001]);
  const channel = events.filter((event) => event.channel === "room" && event.client === undefined);
  expect(channel.map(({ type }) => type)).toEqual(["channel_opened", "channel_closed"]);
  for (const client of clients) client[Symbol.dispose]();
});
