import { expect, setDefaultTimeout, test } from "bun:test";
import { disconnects } from "../../src/core/disconnects.ts";
import { Bystanders } from "../support/bystanders.ts";
import { CentrifugeProbe } from "../support/centrifuge-probe.ts";
import { startOpenServer, tokenFor } from "../support/open-channels.ts";
import { patience, testTimeout } from "../support/patience.ts";
import { Probe } from "../support/probe.ts";
import { RawClient } from "../support/raw.ts";
import { tellUser } from "../support/tell.ts";

setDefaultTimeout(testTimeout);

const arrivals = Array.from({ length: 200 }, (_, index) => index);

test("[SE34] [T60] of a crowd that comes at once everyone is let in; who goes while it waits leaves nothing behind", async () => {
  await using server = await startOpenServer();
  const members = server.node.registry;
  const bystanders = await Bystanders.join(server.ws, { count: 10 });
  await bystanders.during(async () => {
    // Those who wait are of all kinds: who stays, in both protocols, and who is gone before its turn comes.
    const leaving = await Promise.all(arrivals.map(() => RawClient.connect(server.url)));
    const staying = arrivals.map((index) =>
      index % 2 === 0 ? new Probe(`${server.ws}/ws?channel=crowd`).open() : CentrifugeProbe.connect(server.ws),
    );
    for (const client of leaving) {
      client.write(client.handshake());
      client.reset();
    }
    const inside = await Promise.all(staying);
    const deadline = performance.now() + patience;
    using last = await CentrifugeProbe.connect(server.ws);
    while (members.size > arrivals.length + 11 && performance.now() < deadline) await last.fence();
    expect(members.size).toBe(arrivals.length + 11);
    expect(await server.metric("chorus_sockets")).toBe(arrivals.length + 11);
    for (const probe of inside) probe[Symbol.dispose]();
  });
  expect(server.node.counters.errors).toBe(0);
  expect([...server.node.counters.refused.keys()].filter((reason) => reason !== "gone")).toEqual([]);
});

test("[T60] of a crowd whose lines are cut at once nothing stays behind, also of those who are ended meanwhile", async () => {
  await using server = await startOpenServer();
  const { subscribers, counters, registry: members } = server.node;
  using witness = await CentrifugeProbe.connect(server.ws, { token: tokenFor({ sub: "witness" }) });
  const token = tokenFor({ sub: "ann" });
  const crowd = await Promise.all(
    arrivals.map((index) => CentrifugeProbe.connect(server.ws, index % 2 === 0 ? { token } : {})),
  );
  await Promise.all(crowd.map((probe) => probe.subscribe("crowd")));
  const hears = (await witness.ask("presence_stats", { channel: "crowd" }))["presence_stats"];
  expect(hears).toEqual({ num_clients: arrivals.length, num_users: 2 });
  for (const probe of crowd) probe[Symbol.dispose]();
  // Half of them, the anonymous ones, are also ended by a back end while they wait for their turn.
  const deadline = performance.now() + patience;
  while (members.size === arrivals.length + 1 && performance.now() < deadline) await witness.fence();
  tellUser(server, "", { type: "hub.disconnect", disconnect: disconnects.forceDisconnect });
  while (members.size > 1 && performance.now() < deadline) await witness.fence();
  expect([members.size, subscribers.get("crowd"), counters.crashes, counters.errors]).toEqual([1, undefined, 0, 0]);
  expect(await witness.ask("presence_stats", { channel: "crowd" })).toMatchObject({
    presence_stats: { num_clients: 0, num_users: 0 },
  });
});
