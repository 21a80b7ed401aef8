import { expect, test } from "bun:test";
import { checkNats } from "../../../src/broker/nats/check.ts";
import { describeWithEngine } from "../../support/engines.ts";
import { TestNats } from "../../support/nats.ts";
import { freePort } from "../../support/redis.ts";

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

  test("[NA6] a wrong password is refused, and a server that is away is not", async () => {
    await using nats = await TestNats.start(["--user", "chorus", "--pass", "sesame"]);
    const wrong = nats.options(nats.port, { user: "chorus", password: "wrong" });
    expect(await checkNats(wrong)).toMatchObject({ kind: "refused" });
    expect(await checkNats(nats.options(nats.port, { user: "chorus", password: "sesame" }))).toBeNull();
    expect(await checkNats(nats.options(freePort()))).toMatchObject({ kind: "unreachable" });
  });
});
