import { describe, expect, test } from "bun:test";
import { methods } from "../../src/api/methods.ts";
import type { ConfigInput } from "../../src/config/config.ts";
import { isOperationError, startServer } from "../../src/server.ts";
import { CentrifugeProbe } from "../support/centrifuge-probe.ts";
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

/** The code with which an operation is refused; 0 where it is not, -1 for any other failure. */
async function codeOf(run: () => unknown): Promise<number> {
  try {
    await run();
    return 0;
  } catch (error) {
    return isOperationError(error) ? error.code : -1;
  }
}

describe("in the same process", () => {
  test("every method of the API but rpc and push_log is there, and returns a promise", async () => {
    await using server = await start();
    const names = methods.map(({ name }) => name).filter((name) => name !== "rpc" && name !== "push_log");
    for (const name of names) {
      const operation: unknown = Reflect.get(
        server,
        name.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase()),
      );
      if (typeof operation !== "function") throw new Error(`${name} is not there`);
      const outcome: unknown = operation({ user: "" }, "news");
      expect([name, outcome instanceof Promise]).toEqual([name, true]);
      await Promise.allSettled([outcome]);
    }
  });

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
    expect(await codeOf(() => server.publish("nope:x", 1))).toBe(102);
    expect(await codeOf(() => server.publish("", 1))).toBe(107);
    expect(await codeOf(() => server.publish("news", undefined))).toBe(107);
    expect(await codeOf(() => server.presence("bare:x"))).toBe(108);
    expect(await codeOf(() => server.history("bare:x"))).toBe(108);
    const outcomes = await server.broadcast(["news", "nope:x"], "both");
    expect(outcomes.map((outcome) => (isOperationError(outcome) ? outcome.code : 0))).toEqual([0, 102]);
  });

  test("[AP3] history and presence are what clients see, and a removed history is empty", async () => {
    await using server = await start();
    await server.open();
    await server.publish("news", "one", { tags: { kind: "first" } });
    const { publications, position } = await server.history("news");
    expect(publications).toEqual([{ data: "one", offset: 1, tags: { kind: "first" } }]);
    expect(await server.presenceStats("news")).toEqual({ clients: 1, users: 1 });
    expect([...(await server.channels("n*s"))]).toEqual([["news", 1]]);
    await server.historyRemove("news");
    expect(await server.history("news")).toEqual({ publications: [], position });
  });

  test("[AP4] disconnect ends a user's connections and spares those that it is told to", async () => {
    await using server = await start();
    const [spared, ended] = [await server.open(), await server.open()];
    const [first = ""] = (await server.presence("news")).keys();
    await server.disconnect({ user: "", whitelist: [first] });
    expect(await ended.closed()).toEqual({ code: 3503, reason: "force disconnect" });
    await server.publish("news", "still here");
    expect(await spared.next()).toBe("still here");
  });

  test("[AP5] what cannot be done as asked is refused with its field, and does nothing", async () => {
    await using server = await start();
    const probe = await server.open();
    const circle: unknown[] = [];
    circle.push(circle);
    for (const [words, run] of [
      ["code: expected 3000 to 4999", () => server.disconnect({ user: "" }, { code: 5, reason: "" })],
      ["code: expected 3000 to 4999", () => server.disconnect({ user: "" }, { code: 5000, reason: "" })],
      ["code: expected 3000 to 4999", () => server.disconnect({ user: "" }, { code: 3000.5, reason: "" })],
      [
        "reason: expected at most 123 bytes",
        () => server.disconnect({ user: "" }, { code: 4000, reason: "é".repeat(62) }),
      ],
      ["queueTtl: expected 0 or more", () => server.send({ user: "ann" }, 1, { queueTtl: Number.NaN })],
      ["queueTtl: expected 0 or more", () => server.send({ user: "ann" }, 1, { queueTtl: -1 })],
      ["user: expected a user, or a client", () => server.send({}, 1)],
      ["expireAt: expected 0 or more", () => server.refresh({ user: "" }, Number.POSITIVE_INFINITY)],
      ["expireAt: expected 0 or more", () => server.subscribe({ user: "" }, "news", { expireAt: Number.NaN })],
      [
        "info.0: expected a value that JSON can hold, got a circle",
        () => server.subscribe({ user: "" }, "news", { info: circle }),
      ],
      ["data: expected a value that JSON can hold, got a function", () => server.send({ user: "ann" }, () => 1)],
    ] as const) {
      await expect(run()).rejects.toThrow(`bad request: ${words}`);
      expect(await codeOf(run)).toBe(107);
    }
    await server.publish("news", "still here");
    expect(await probe.next()).toBe("still here");
  });

  test("a subscription takes values for its info and data, as a publish does", async () => {
    await using server = await start();
    const client = await CentrifugeProbe.connect(server.url.replace("http", "ws"));
    await server.subscribe({ user: "", client: client.client }, "news", { info: { seat: 1 }, data: "welcome" });
    expect(await client.next()).toMatchObject({ push: { channel: "news", subscribe: { data: "welcome" } } });
    expect([...(await server.presence("news")).values()]).toMatchObject([
      { client: client.client, chanInfo: '{"seat":1}' },
    ]);
    expect(await server.send({ client: client.client }, "hello")).toEqual({ connections: 1, queued: false });
    expect(await client.next()).toEqual({ push: { message: { data: "hello" } } });
  });

  test("[AP7] after the server has stopped everything is refused at once, and nothing is waited for", async () => {
    const server = await start();
    await server.stop();
    for (const run of [
      () => server.publish("news", 1),
      () => server.broadcast(["news"], 1),
      () => server.send({ user: "ann" }, 1, { queueTtl: 1_000 }),
      () => server.disconnect({ user: "ann" }),
      () => server.history("news"),
      () => server.presence("news"),
      () => server.info(),
    ]) {
      expect(await codeOf(run)).toBe(100);
    }
  });
});
