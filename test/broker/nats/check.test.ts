import { expect, test } from "bun:test";
import { checkNats } from "../../../src/broker/nats/check.ts";
import { NatsEngine } from "../../../src/broker/nats/engine.ts";
import { describeWithEngine } from "../../support/engines.ts";
import { Inbox } from "../../support/inbox.ts";
import { natsOptions, TestNats } from "../../support/nats.ts";
import { freePort } from "../../support/redis.ts";
import { enginePorts } from "../remote/engine-ports.ts";

/** What a server says first, and its answers to what a client begins with. */
function greeter(info: object) {
  return Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open: (socket) =>
        void socket.write(`INFO ${JSON.stringify({ max_payload: 1_048_576, headers: true, ...info })}\r\n`),
      data: (socket, bytes) => {
        if (bytes.includes("PING")) socket.write("PONG\r\n");
      },
    },
  });
}

test("[NA9] servers that refuse the password for a while are tried until they take it", async () => {
  const resumed = new Inbox<string>("resumed", (text) => text);
  let greeted = 0;
  using server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open: (socket) =>
        void socket.write(`INFO ${JSON.stringify({ version: "2.12.0", max_payload: 1_048_576, headers: true })}\r\n`),
      data: (socket, bytes) => {
        if (!bytes.includes("PING")) return;
        if (bytes.includes("CONNECT")) greeted += 1;
        // The first connection stands; it is cut, and three after it are refused.
        if (greeted > 1 && greeted < 5) socket.end("-ERR 'Authorization Violation'\r\n");
        else socket.write("PONG\r\n");
        if (greeted === 1) socket.end();
      },
    },
  });
  const events = { message: () => {}, resumed: () => resumed.push(`after ${greeted}`) };
  const options = natsOptions(server.port, { jetstream: null });
  const engine = new NatsEngine(options, events, enginePorts());
  for (let told = await resumed.next(); told !== "after 5"; told = await resumed.next());
  await engine.close();
});

describeWithEngine("the check of NATS", "nats-server", () => {
  test("[NA6] a server that has all that is needed passes, and nothing of it stays open", async () => {
    await using nats = await TestNats.start();
    expect(await checkNats(nats.options())).toBeNull();
    expect(await checkNats(nats.options(nats.port, { jetstream: null }))).toBeNull();
  });

  test("[NA6] a server without JetStream, an old one, and a cluster with one replica are refused in words", async () => {
    await using nats = await TestNats.startCore();
    expect(await checkNats(nats.options())).toMatchObject({ kind: "refused" });
    using old = greeter({ server_id: "N", version: "2.9.10" });
    expect(await checkNats(nats.options(old.port))).toEqual({
      kind: "refused",
      words: "broker.nats.jetstream.enabled: expected servers of version 2.11 or newer, got 2.9.10",
    });
    using cluster = greeter({ server_id: "N", version: "2.12.0", cluster: "c" });
    expect(await checkNats(nats.options(cluster.port))).toEqual({
      kind: "refused",
      words: "broker.nats.jetstream.replicas: expected 3 or more at a cluster of servers, got 1",
    });
  });

  test("[NA6] a stream of others with the name stays as it is", async () => {
    await using nats = await TestNats.start();
    expect(await checkNats(nats.options())).toBeNull();
    expect(await checkNats(nats.options(nats.port, { prefix: "other" }))).toEqual({
      kind: "refused",
      words:
        "broker.nats: the servers refuse this node: the stream chorus is there, and is not one of Chorus with this prefix",
    });
  });

  test("[NA6] a stream that keeps less than the configuration says is refused in words", async () => {
    await using nats = await TestNats.start();
    expect(await checkNats(nats.options())).toBeNull();
    const jetstream = { stream: "chorus", replicas: 3, storage: "file" } as const;
    expect(await checkNats(nats.options(nats.port, { jetstream }))).toEqual({
      kind: "refused",
      words:
        "broker.nats: the servers refuse this node: the stream chorus is there with replicas 1 and storage file, the configuration says 3 and file",
    });
  });

  test("[NA6] a wrong password is refused, and a server that is away is not", async () => {
    await using nats = await TestNats.start(["--user", "chorus", "--pass", "sesame"]);
    const wrong = nats.options(nats.port, { user: "chorus", password: "wrong" });
    expect(await checkNats(wrong)).toMatchObject({ kind: "refused" });
    expect(await checkNats(nats.options(nats.port, { user: "chorus", password: "sesame" }))).toBeNull();
    expect(await checkNats(nats.options(freePort()))).toMatchObject({ kind: "unreachable" });
  });
});
