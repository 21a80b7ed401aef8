import { expect, setDefaultTimeout, test } from "bun:test";
import { CentrifugeProbe } from "../support/centrifuge-probe.ts";
import { TemporaryFolder } from "../support/folder.ts";
import { Inbox } from "../support/inbox.ts";
import { testTimeout } from "../support/patience.ts";
import { ChorusProcess } from "../support/process.ts";

setDefaultTimeout(testTimeout);

interface Told {
  readonly id: string;
  readonly type: string;
  readonly node: string;
  readonly client?: string;
  readonly previous?: string;
}

/** Kills of the server, each after an event that was told and not acknowledged. */
const kills = 3;

test("[EV3] a killed server tells again what was not acknowledged, and then of the run before", async () => {
  await using folder = await TemporaryFolder.create();
  const told = new Inbox<Told>("events", ({ type, client }) => `${type} ${client}`);
  let status = 503;
  const backend = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: async (request) => {
      const { events } = (await request.json()) as { events: readonly Told[] };
      for (const event of events) told.push(event);
      return new Response(null, { status });
    },
  });
  const config = {
    http_server: { port: 0 },
    log: { format: "json" },
    client: {
      allow_anonymous_connect_without_token: true,
      proxy: { connected: { enabled: true, endpoint: backend.url.href } },
    },
    event_outbox: { path: `${folder.path}/events.db`, batch_interval: "10ms" },
  };
  const clients: string[] = [];
  const runs: string[] = [];
  for (let kill = 0; kill < kills; kill += 1) {
    await using server = await ChorusProcess.spawn({ config });
    using client = await CentrifugeProbe.connect((await server.url()).replace("http", "ws"));
    clients.push(client.client);
    let event = await told.next();
    while (event.client !== client.client) event = await told.next();
    runs.push(event.node);
    server.signal("SIGKILL");
    await server.ended();
  }
  status = 200;
  await using last = await ChorusProcess.spawn({ config });
  await last.url();
  const acknowledged: Told[] = [];
  while (acknowledged.at(-1)?.previous !== runs.at(-1)) acknowledged.push(await told.next());
  const connected = acknowledged.flatMap(({ type, client }) => (type === "connected" ? [client] : []));
  expect([...new Set(connected)]).toEqual(clients);
  const previous = acknowledged.flatMap((event) => event.previous ?? []);
  expect([...new Set(previous)]).toEqual(["", ...runs]);
  await backend.stop(true);
});
