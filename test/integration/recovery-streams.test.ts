import { expect, setDefaultTimeout, test } from "bun:test";
import { CentrifugeProbe } from "../support/centrifuge-probe.ts";
import { ManualClock } from "../support/clock.ts";
import { TemporaryFolder } from "../support/folder.ts";
import { everything, startOpenServer, tokenFor } from "../support/open-channels.ts";
import { pass } from "../support/passing.ts";
import { testTimeout } from "../support/patience.ts";

setDefaultTimeout(testTimeout);

test("[SU107] who keeps a place in a stream that has ended is told so before the next one's publications", async () => {
  const clock = new ManualClock();
  const brief = { ...everything, history_ttl: "1s", history_meta_ttl: "2s" };
  const namespaces = [
    { name: "brief", ...brief },
    { name: "loose", ...brief, force_recovery: false },
  ];
  await using server = await startOpenServer({ channel: { namespaces } }, { clock });
  for (const channel of ["brief:a", "loose:a"]) {
    using placed = await CentrifugeProbe.connect(server.ws);
    using given = await CentrifugeProbe.connect(server.ws, { token: tokenFor({ sub: "ann", channels: [channel] }) });
    using loose = await CentrifugeProbe.connect(server.ws);
    using speaker = await CentrifugeProbe.connect(server.ws);
    const isForced = channel === "brief:a";
    await placed.subscribe(channel, { positioned: true });
    await loose.subscribe(channel);
    await pass({ node: server.node, clock }, 2_100, placed);
    await speaker.ask("publish", { channel, data: 1 });
    const unsubscribe = { code: 2500, reason: "insufficient state" };
    const lost = [{ push: { channel, unsubscribe } }];
    const told = [expect.objectContaining({ push: expect.objectContaining({ pub: expect.anything() }) })];
    expect(await placed.rest()).toEqual(lost);
    expect(await loose.rest()).toEqual(isForced ? lost : told);
    if (isForced) expect(await given.closed()).toEqual({ code: 3010, reason: "insufficient state" });
    else expect(await given.rest()).toEqual(told);
  }
});

// Found by the model with the seed 538858250: a group was committed in the middle of the loser's own subscribe.
test("nor do they reach it where a command of its own has them committed", async () => {
  await using folder = await TemporaryFolder.create();
  const clock = new ManualClock();
  const namespaces = [{ name: "brief", ...everything, history_ttl: "1s", history_meta_ttl: "2s" }];
  const config = { engine: { ...folder.engine, type: "sqlite" as const }, channel: { namespaces } };
  await using server = await startOpenServer(config, { clock });
  using placed = await CentrifugeProbe.connect(server.ws);
  await placed.subscribe("brief:a");
  await pass({ node: server.node, clock }, 2_100, placed);
  const publishes = [1, 2].map((data) => placed.command("publish", { channel: "brief:a", data }));
  const subscribe = placed.command("subscribe", { channel: "brief:b" });
  placed.send(...publishes, subscribe);
  const heard = await placed.rest();
  const unsubscribe = { code: 2500, reason: "insufficient state" };
  expect(heard).toContainEqual({ push: { channel: "brief:a", unsubscribe } });
  expect(heard.filter((each) => "push" in each).length).toBe(1);
  expect(heard.flatMap((each) => ("id" in each ? [each["id"]] : []))).toEqual(
    [...publishes, subscribe].map(({ id }) => id),
  );
});
