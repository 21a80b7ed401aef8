import { describe, expect, test } from "bun:test";
import { disconnects } from "../../src/core/disconnects.ts";
import { systemRandom } from "../../src/runtime/system.ts";
import { CapturedLog } from "../support/captured-log.ts";
import { faultyBroker, faultyChannel } from "../support/faulty-broker.ts";
import { TemporaryFolder } from "../support/folder.ts";
import { Probe } from "../support/probe.ts";
import { startWithParts, type TestStartOptions } from "../support/start.ts";

const development = { profile: "development" } as const;
const anywhere = { http_server: { port: 0 }, engine: { type: "memory" } } as const;

async function start(options: TestStartOptions = {}) {
  const log = new CapturedLog();
  const server = startWithParts(anywhere, { ...development, log: log.log, ...options });
  const ws = server.url.replace("http", "ws");
  const open = (path: string) => new Probe(`${ws}${path}`).open();
  const members = () => server.node.registry;
  return { ...server, ws, log, open, members };
}

describe("the Hub", () => {
  test("[HB1] F17 a crash of one in a hundred closes that one with 3004, is logged, and nobody else notices", async () => {
    const server = await start({ replace: { broker: faultyBroker("answer of join") } });
    const others = await Promise.all(Array.from({ length: 99 }, () => server.open("/ws?channel=calm")));
    const doomed = await server.open("/connection/websocket");
    expect(server.members().size).toBe(100);
    doomed.send(`{"id":1,"connect":{}}\n{"id":2,"subscribe":{"channel":"${faultyChannel}"}}`);
    expect(await doomed.closed()).toEqual({ code: 3004, reason: "internal server error" });
    expect(server.members().size).toBe(99);
    expect(server.node.counters.crashes).toBe(1);
    expect(server.log.lines.filter((line) => line["event"] === "connection.crashed")).toHaveLength(1);

    const [first, ...rest] = others;
    first?.send("still here");
    for (const other of rest) expect(await other.nextText()).toBe("still here");
    await server.stop();
  });

  test("a connection that crashes while it is let in leaves nothing behind", async () => {
    const server = await start({ replace: { broker: faultyBroker("answer of join") } });
    const doomed = new Probe(`${server.ws}/ws?channel=${faultyChannel}`);
    await doomed.open().catch(() => {});
    expect((await doomed.closed()).code).toBe(3004);
    expect(server.members().size).toBe(0);
    expect(server.node.subscribers.size).toBe(0);
    expect(server.node.deadlines.size).toBe(0);
    await server.stop();
  });

  test("[HB3] a connection that has ended leaves no member, user, subscribers, presence or deadline", async () => {
    const server = await start();
    const probes = await Promise.all(Array.from({ length: 20 }, (_, index) => server.open(`/ws?channel=c${index}`)));
    expect(server.members().size).toBe(20);
    for (const probe of probes) await probe.close(1000);
    const { node } = server;
    for (const _ of probes) await server.log.next("connection.closed");
    expect([node.subscribers.size, node.localPresence.size, node.deadlines.size, server.members().size]).toEqual([
      0, 0, 0, 0,
    ]);
    expect(node.registry.count().users).toBe(0);
    await server.stop();
  });

  test("[HB4] F18 when the Hub itself throws, every socket is closed with 3004 and the process learns of it", async () => {
    const failure = Promise.withResolvers<unknown>();
    let isFailing = false;
    const float = () => {
      if (isFailing) throw new Error("nothing can be supervised");
      return systemRandom.float();
    };
    await using folder = await TemporaryFolder.create();
    const config = { ...anywhere, http_api: { key: "key" }, push_log: { path: `${folder.path}/push.db` } };
    const options = { ...development, log: new CapturedLog().log };
    const outside = { ...options, random: { ...systemRandom, float }, onFailure: failure.resolve };
    const server = startWithParts(config, outside);
    using probe = await new Probe(`${server.url.replace("http", "ws")}/ws`).open();
    isFailing = true;
    await expect(server.stop()).rejects.toThrow("nothing can be supervised");
    expect(String(await failure.promise)).toContain("nothing can be supervised");
    expect(await probe.closed()).toMatchObject(disconnects.internal);
    // What it held is free for the next one.
    await startWithParts(config, options).stop();
  });

  test("everyone in a channel but the sender receives a frame, in the order of one mailbox", async () => {
    const server = await start();
    const [a, b, c] = await Promise.all([server.open("/ws"), server.open("/ws"), server.open("/ws")]);
    for (let index = 0; index < 50; index += 1) {
      a.send(`a${index}`);
      b.send(`b${index}`);
    }
    const seen: string[] = [];
    while (seen.length < 100) seen.push(await c.nextText());
    const ofA = seen.filter((text) => text.startsWith("a"));
    expect(ofA).toEqual(Array.from({ length: 50 }, (_, index) => `a${index}`));
    const heardByA: string[] = [];
    while (heardByA.length < 50) heardByA.push(await a.nextText());
    expect(heardByA).toEqual(seen.filter((text) => text.startsWith("b")));
    await server.stop();
  });

  test("actors are named by slots that are used again, so that no event's type is remembered for ever", async () => {
    const server = await start();
    for (let round = 0; round < 5; round += 1) {
      const probes = await Promise.all(Array.from({ length: 4 }, () => server.open("/ws")));
      for (const probe of probes) await probe.close(1000);
      for (const _ of probes) await server.log.next("connection.closed");
    }
    expect(server.node.registry.slotCount).toBe(4);
    await server.stop();
  });

  test("[HB6] the drain tells everyone 3001, and the Hub is empty when it has stopped", async () => {
    const server = await start();
    const probes = await Promise.all(Array.from({ length: 30 }, () => server.open("/ws")));
    const stopped = server.stop();
    for (const probe of probes) expect(await probe.closed()).toEqual({ code: 3001, reason: "shutdown" });
    expect(await stopped).toEqual({ cut: 0 });
    expect(server.members().size).toBe(0);
  });

  const connect = (token: string) => JSON.stringify({ id: 1, connect: { token } });
  const never = () => new Promise<never>(() => {});
  const expired = async () => ({ ok: false, error: "expired" }) as const;
  test.each([
    ["awaiting", "handshaking", ""],
    ["verifying", "handshaking", connect("held")],
    ["refused", "handshaking", connect("expired")],
    ["ready", "authenticated", connect("")],
    [
      "verifying a subscription",
      "authenticated",
      `${connect("")}\n{"id":2,"subscribe":{"channel":"a","token":"held"}}`,
    ],
  ])("one that is cut while %s is forgotten, and leaves nothing behind", async (_, state, frame) => {
    const authenticator = () => ({
      connection: (token: string) => (token === "held" ? never() : expired()),
      subscription: never,
    });
    const server = await start({ replace: { authenticator } });
    const probe = await server.open("/connection/websocket");
    if (frame !== "") probe.send(frame);
    if (frame.includes("expired") || state === "authenticated") await probe.nextText();
    const [member] = server.members().all();
    expect(Object.keys(member?.ref.getSnapshot().value ?? {})).toEqual([state]);
    probe.terminate();
    await server.log.next("connection.closed");
    expect([server.members().size, server.node.deadlines.size, server.node.subscribers.size]).toEqual([0, 0, 0]);
    await server.stop();
  });
});
