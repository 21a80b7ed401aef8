import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Authenticator } from "../../src/auth/authenticator.ts";
import { encodingTag, type Payload } from "../../src/core/payload.ts";
import { CentrifugeProbe, pub } from "../support/centrifuge-probe.ts";
import { faultyBroker, faultyChannel } from "../support/faulty-broker.ts";
import { startOpenServer, tokenFor } from "../support/open-channels.ts";
import { testTimeout } from "../support/patience.ts";
import { Probe } from "../support/probe.ts";

setDefaultTimeout(testTimeout);

const crashed = { code: 3004, reason: "internal server error" };

/** An authenticator that fails on the users' tokens that say so, in one of the two ways in which code can fail. */
function faultyAuthenticator(how: "throws" | "rejects") {
  const fail = (token: string) => {
    if (!Buffer.from(token.split(".")[1] ?? "", "base64url").includes("poison")) return null;
    const error = new Error("injected");
    if (how === "throws") throw error;
    return Promise.reject(error);
  };
  return (real: Authenticator | null): Authenticator | null =>
    real && {
      connection: (token) => fail(token) ?? real.connection(token),
      subscription: (token) => fail(token) ?? real.subscription(token),
    };
}

describe.each(["throws", "rejects"] as const)("an authenticator that %s", (how) => {
  test("[SU30] [F17] costs the one connection whose token it looked at, in every command with one", async () => {
    await using server = await startOpenServer({}, { replace: { authenticator: faultyAuthenticator(how) } });
    using bystander = await CentrifugeProbe.connect(server.ws, { token: tokenFor({ sub: "bystander" }) });
    await bystander.subscribe("a");
    const poison = tokenFor({ sub: "ann", channel: "a", poison: true });
    using connecting = await CentrifugeProbe.open(server.ws);
    connecting.send({ id: 1, connect: { token: poison } });
    expect(await connecting.closed()).toEqual(crashed);
    for (const command of ["subscribe", "sub_refresh", "refresh"]) {
      using probe = await CentrifugeProbe.connect(server.ws, { token: tokenFor({ sub: "ann" }) });
      if (command === "sub_refresh") await probe.subscribe("a");
      probe.send({ id: 5, [command]: { channel: "a", token: poison } });
      expect(await probe.closed()).toEqual(crashed);
    }
    await bystander.subscribe("b", { token: tokenFor({ sub: "bystander", channel: "b" }) });
    expect((await bystander.ask("presence", { channel: "a" }))["presence"]).toEqual({
      presence: { [bystander.client]: { client: bystander.client, user: "bystander" } },
    });
    expect(server.node.counters.crashes).toBe(4);
    expect(server.log.count("connection.crashed")).toBe(4);
  });
});

test("[SU31] [F17] a broker that throws is error 100 to the one that joined, also where it brought a token", async () => {
  await using server = await startOpenServer({}, { replace: { broker: faultyBroker("join") } });
  using bystander = await CentrifugeProbe.connect(server.ws);
  await bystander.subscribe("a");
  using probe = await CentrifugeProbe.connect(server.ws, { token: tokenFor({ sub: "ann" }) });
  for (const token of ["", tokenFor({ sub: "ann", channel: faultyChannel })]) {
    expect(await probe.ask("subscribe", { channel: faultyChannel, token })).toMatchObject({ error: { code: 100 } });
  }
  await probe.subscribe("a");
  const stats = await bystander.ask("presence_stats", { channel: "a" });
  expect(stats["presence_stats"]).toEqual({ num_clients: 2, num_users: 2 });
  expect(server.node.subscribers.get(faultyChannel)).toBeUndefined();
});

test("[SU32] [F19] a publication that a protocol cannot write is kept from its clients, who get the next; nobody else notices", async () => {
  await using server = await startOpenServer();
  using plain = await new Probe(`${server.ws}/ws?channel=plain`).open();
  using other = await new Probe(`${server.ws}/ws?channel=shared`).open();
  using centrifuge = await CentrifugeProbe.connect(server.ws);
  await centrifuge.subscribe("shared");
  const publish = (channel: string, data: Payload, tags = {}) =>
    server.node.broker.publish({ channel, data, tags, exclude: null, history: null }, null);
  // No client can send any of these: a string that never ends, bytes that were given away, a tag that cannot be read.
  publish("plain", { kind: "json", json: '"poison' });
  publish("plain", { kind: "json", json: '"sound"' });
  expect(await plain.next()).toBe("sound");
  const bytes = new Uint8Array(3);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  publish("shared", { kind: "binary", bytes });
  publish("shared", { kind: "json", json: '"sound"' });
  expect(await centrifuge.next()).toEqual(pub("shared", { data: "sound" }));
  expect([await other.next(), await other.next()]).toEqual([new Uint8Array(), "sound"]);
  const get = (tags: object, name: string) => {
    if (name === encodingTag) throw new Error("injected");
    return Reflect.get(tags, name);
  };
  publish("shared", { kind: "json", json: "1" }, new Proxy({}, { get }));
  publish("shared", { kind: "json", json: "2" });
  expect(await centrifuge.take(2)).toEqual([pub("shared", { data: 1 }), pub("shared", { data: 2 })]);
  expect(await other.next()).toBe("2");
  const poisoned = server.log.lines.filter(({ event }) => event === "publication.poisoned");
  expect(poisoned.map(({ channel, dialect }) => [channel, dialect])).toEqual([
    ["plain", "plain"],
    ["shared", "centrifuge"],
    ["shared", "plain"],
  ]);
});
