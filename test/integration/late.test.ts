import { expect, setDefaultTimeout, test } from "bun:test";
import { CentrifugeProbe, type Heard } from "../support/centrifuge-probe.ts";
import type { JsonObject } from "../support/json.ts";
import { lateParts } from "../support/late/server.ts";
import { everything, startOpenServer, tokenFor } from "../support/open-channels.ts";
import { testTimeout } from "../support/patience.ts";
import { Probe } from "../support/probe.ts";
import { SeededRandom } from "../support/random.ts";

setDefaultTimeout(testTimeout);

const config = {
  channel: {
    namespaces: [{ name: "unkept", ...everything, history_size: 0, history_ttl: "0s", force_recovery: false }],
  },
};

/** A server whose broker and presence answer later, and the states that its connections have been in. */
async function start(random?: SeededRandom) {
  const { replace } = lateParts(random);
  const server = await startOpenServer(config, { replace });
  const states = new Set<string>();
  server.node.hub.system.inspect((event) => {
    if (event.type !== "@xstate.microstep" || !("value" in event.snapshot)) return;
    const { value } = event.snapshot as { value: unknown };
    states.add(
      typeof value === "string"
        ? value
        : Object.entries(value ?? {})
            .flat()
            .join("."),
    );
  });
  return { server, states, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const idOf = (heard: Heard) => ("id" in heard ? heard["id"] : undefined);

/** So many replies, in the order in which they came. */
async function repliesOf(probe: CentrifugeProbe, count: number): Promise<JsonObject[]> {
  const replies: JsonObject[] = [];
  while (replies.length < count) {
    const heard = await probe.next();
    if ("closed" in heard) throw new Error(`closed: ${JSON.stringify(heard)}`);
    if (idOf(heard) !== undefined) replies.push(heard);
  }
  return replies;
}

test("[SU3] with an engine that answers later, all channels of a connect come with its reply, and nothing before", async () => {
  await using stage = await start();
  const { server, states } = stage;
  using probe = await CentrifugeProbe.open(server.ws);
  const channels = ["a", "b", "c", "unkept:d"];
  probe.send(
    { id: 1, connect: { token: tokenFor({ sub: "ann", channels }), subs: { e: {} } } },
    { id: 2, subscribe: { channel: "f" } },
    { id: 3, publish: { channel: "a", data: 1 } },
  );
  const first = await probe.next();
  expect(first).toMatchObject({ id: 1, connect: { subs: { a: {}, b: {}, c: {}, "unkept:d": {}, e: {} } } });
  const [subscribed, published] = await repliesOf(probe, 2);
  expect([subscribed, published]).toMatchObject([
    { id: 2, subscribe: { recoverable: true } },
    { id: 3, publish: {} },
  ]);
  expect([...states]).toContain("authenticated.connecting");
  expect([...states]).toContain("authenticated.waiting");
});

test("[SU3] with an engine that answers later, replies never overtake each other", async () => {
  const random = new SeededRandom();
  await using stage = await start(random);
  const channels = ["a", "b", "unkept:c"];
  const any = () => channels[random.int(channels.length)] ?? "a";
  const command = (): JsonObject => {
    const channel = any();
    const commands: JsonObject[] = [
      { publish: { channel, data: 1 } },
      { publish: { channel: any(), data: 2 } },
      { publish: { channel: "no:such", data: 3 } },
      { subscribe: { channel } },
      { subscribe: { channel, token: tokenFor({ sub: "ann", channel }) } },
      { unsubscribe: { channel } },
      { presence: { channel } },
      { presence_stats: { channel } },
      { history: { channel: "a", limit: 2 } },
      { rpc: { method: "x" } },
    ];
    return commands[random.int(commands.length)] ?? {};
  };
  for (let round = 0; round < 10; round += 1) {
    using probe = await CentrifugeProbe.connect(stage.server.ws, { token: tokenFor({ sub: "ann" }) });
    const commands = Array.from({ length: 60 }, (_, index) => ({ id: index + 10, ...command() }));
    for (let rest: JsonObject[] = commands; rest.length > 0; ) probe.send(...rest.splice(0, 1 + random.int(40)));
    const replies = await repliesOf(probe, 60);
    expect(replies.map(idOf)).toEqual(Array.from({ length: 60 }, (_, index) => index + 10));
  }
  expect(stage.server.node.counters.crashes).toBe(0);
});

test("a hundred subscribes in a row are prepared side by side", async () => {
  const random = new SeededRandom();
  const { replace, broker } = lateParts(random);
  let isPreparing = 0;
  let most = 0;
  const prepare = broker.prepare.bind(broker);
  broker.prepare = (wishes, ready) => {
    isPreparing += 1;
    most = Math.max(most, isPreparing);
    return prepare(wishes, () => {
      isPreparing -= 1;
      ready();
    });
  };
  await using server = await startOpenServer(config, { replace });
  using probe = await CentrifugeProbe.connect(server.ws);
  probe.send(...Array.from({ length: 100 }, (_, index) => ({ id: index + 2, subscribe: { channel: `c${index}` } })));
  const replies = await repliesOf(probe, 100);
  expect(replies.map(idOf)).toEqual(Array.from({ length: 100 }, (_, index) => index + 2));
  expect(most).toBe(100);
});

test("a plain client is in its channel when the engine has answered, and its frames are published in order", async () => {
  await using stage = await start();
  const [first, second] = await Promise.all([1, 2].map(() => new Probe(`${stage.server.ws}/ws?channel=a`).open()));
  if (!first || !second) throw new Error("not opened");
  while ((await stage.server.node.localPresence.stats("a")).clients < 2) await new Promise(setImmediate);
  for (let index = 0; index < 20; index += 1) first.send(`${index}`);
  for (let index = 0; index < 20; index += 1) expect(await second.nextText()).toBe(`${index}`);
});

test("a back end subscribes and unsubscribes while a command waits, and each takes effect in turn", async () => {
  await using stage = await start();
  const { server } = stage;
  using probe = await CentrifugeProbe.connect(server.ws, { token: tokenFor({ sub: "ann" }) });
  const target = { user: "ann", client: "", except: new Set<string>() };
  const request = { channel: "given", expireAt: null, since: null };
  probe.send({ id: 2, history: { channel: "a", limit: 1 } });
  await probe.fence();
  server.node.hub.send({ type: "user.tell", target, event: { type: "hub.subscribe", request } });
  const [reply, push] = await probe.take(2);
  expect([reply, push]).toMatchObject([{ id: 2, history: {} }, { push: { channel: "given", subscribe: {} } }]);
});

test("a client that goes away while its connection waits leaves nothing behind", async () => {
  await using stage = await start();
  const { server } = stage;
  const probe = await CentrifugeProbe.open(server.ws);
  probe.send({ id: 1, connect: { subs: { a: {} } } }, { id: 2, subscribe: { channel: "b" } });
  await probe.fence();
  await probe.close();
  await server.log.next("connection.closed");
  expect([server.node.registry.count().connections, server.node.subscribers.size]).toEqual([0, 0]);
  expect(server.node.counters.crashes).toBe(0);
});
