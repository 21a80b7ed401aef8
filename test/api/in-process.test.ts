import { describe, expect, test } from "bun:test";
import { OperationError } from "../../src/api/in-process.ts";
import type { ConfigInput } from "../../src/config/config.ts";
import { startServer } from "../../src/server.ts";
import { Probe } from "../support/probe.ts";

const config: ConfigInput = {
  http_server: { port: 0 },
  client: { allow_anonymous_connect_without_token: true },
  engine: { type: "memory" },
  log: { level: "error" },
  channel: {
    without_namespace: {
      presence: true,
      history_size: 10,
      history_ttl: "60s",
      allow_subscribe_for_client: true,
      allow_subscribe_for_anonymous: true,
    },
    namespaces: [{ name: "bare" }],
  },
};

async function start() {
  const server = await startServer(config);
  const open = () => new Probe(`${server.url.replace("http", "ws")}/ws?channel=news`).open();
  return { ...server, open, [Symbol.asyncDispose]: async () => void (await server.stop()) };
}

describe("in the same process", () => {
  test("[AP1] a publish reaches who is there, and resolves with its position", async () => {
    await using server = await start();
    const probe = await server.open();
    expect(await server.publish("news", { hello: 1 })).toMatchObject({ offset: 1 });
    expect(await probe.next()).toBe('{"hello":1}');
    await server.publish("news", Uint8Array.of(1, 2, 255));
    expect(await probe.next()).toEqual(Uint8Array.of(1, 2, 255));
  });

  test("[AP2] what HTTP answers as an error is thrown with its code", async () => {
    await using server = await start();
    const codes = async (run: () => unknown) => {
      try {
        await run();
        return 0;
      } catch (error) {
        return error instanceof OperationError ? error.code : -1;
      }
    };
    expect(await codes(() => server.publish("nope:x", 1))).toBe(102);
    expect(await codes(() => server.publish("", 1))).toBe(107);
    expect(await codes(() => server.publish("news", undefined))).toBe(107);
    expect(await codes(() => server.presence("bare:x"))).toBe(108);
    expect(await codes(() => server.history("bare:x"))).toBe(108);
    const outcomes = await server.broadcast(["news", "nope:x"], "both");
    expect(outcomes.map((outcome) => (outcome instanceof OperationError ? outcome.code : 0))).toEqual([0, 102]);
  });

  test("[AP3] history and presence are what clients see, and a removed history is empty", async () => {
    await using server = await start();
    await server.open();
    await server.publish("news", "one", { tags: { kind: "first" } });
    const { publications, position } = await server.history("news");
    expect(publications).toEqual([{ data: "one", offset: 1, tags: { kind: "first" } }]);
    expect(server.presenceStats("news")).toEqual({ clients: 1, users: 1 });
    expect([...server.channels("n*s")]).toEqual([["news", 1]]);
    await server.historyRemove("news");
    expect(await server.history("news")).toEqual({ publications: [], position });
  });

  test("[AP4] disconnect ends a user's connections and spares those that it is told to", async () => {
    await using server = await start();
    const [spared, ended] = [await server.open(), await server.open()];
    const [first = ""] = server.presence("news").keys();
    server.disconnect({ user: "", whitelist: [first] });
    expect(await ended.closed()).toEqual({ code: 3503, reason: "force disconnect" });
    await server.publish("news", "still here");
    expect(await spared.next()).toBe("still here");
  });
});
