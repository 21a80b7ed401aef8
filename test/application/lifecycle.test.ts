import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { accept, chorus, refuse } from "chorus";
import { createClient } from "chorus/client";
import { channel, contract, rpc } from "chorus/contract";
import * as v from "valibot";
import { StockClient } from "../conformance/stock/stock-client.ts";
import { Inbox } from "../support/inbox.ts";
import { testTimeout } from "../support/patience.ts";
import { closedWith, startApp } from "./support.ts";

setDefaultTimeout(testTimeout);

const text = v.object({ text: v.string() });
const house = contract({
  channels: { room: channel("room:{name}", { data: text, publish: text }) },
  calls: {
    slow: rpc({ input: v.number(), output: v.number() }),
    fast: rpc({ input: v.number(), output: v.number() }),
    broken: rpc({ input: v.string(), output: v.string() }),
    lies: rpc({ input: v.null(), output: v.number() }),
  },
});

/** An application whose handlers tell the test what they were told. */
function createHouse(overrides: { linger?: string; timeout?: "50ms"; refresh?: boolean } = {}) {
  const told = new Inbox<string>("what handlers were told", (line) => line);
  const held: (() => void)[] = [];
  const app = chorus(house)
    .authenticate(({ token }) =>
      token === "no" ? refuse("forbidden") : accept({ user: token, session: { since: 1 }, channels: [] }),
    )
    .handle({
      channels: {
        room: {
          linger: (overrides.linger ?? "0s") as "0s",
          subscribe: async ({ params }) => (params.name === "closed" ? refuse("forbidden") : { ok: true }),
          publish: async ({ data, connection }) => {
            told.push(`publish ${data.text}`);
            if (data.text === "wait") await new Promise<void>((resolve) => held.push(resolve));
            return { ok: true, data: { text: `${connection.user}: ${data.text}` } };
          },
          unsubscribe: ({ channel, reason }) => told.push(`unsubscribe ${channel} ${reason.code}`) as never,
          opened: ({ channel, signal }) => {
            told.push(`opened ${channel}`);
            signal.addEventListener("abort", () => told.push(`aborted ${channel}`));
          },
          closed: ({ channel }) => told.push(`closed ${channel}`) as never,
        },
      },
      calls: {
        slow: {
          ...(overrides.timeout && { timeout: overrides.timeout }),
          handle: async (input, { signal }) => {
            signal.addEventListener("abort", () => told.push("slow aborted"));
            await new Promise<void>((resolve) => held.push(resolve));
            return input;
          },
        },
        fast: (input) => input,
        broken: (input) => {
          throw new Error(`secret ${input}`);
        },
        lies: () => "a text" as never,
      },
      connected: ({ connection }) => told.push(`connected ${connection.user}`) as never,
      disconnected: ({ connection, reason, duration }) =>
        told.push(`disconnected ${connection.user} ${reason.code} ${reason.willReturn} ${duration >= 0}`) as never,
    });
  return { app, told, release: () => held.splice(0).forEach((go) => void go()) };
}

const clientOf = (ws: string, token: string) => {
  const stock = new StockClient(ws, { token });
  return Object.assign(createClient(house, stock.api), { [Symbol.dispose]: () => stock[Symbol.dispose]() });
};

describe("the life of a connection", () => {
  test("[LC2] handlers are told of it in order: connected, its channels, disconnected with code and duration", async () => {
    const { app, told } = createHouse();
    await using running = await startApp(app);
    using ann = clientOf(running.ws, "ann");
    await ann.channel("room", { name: "a" }).subscribe();
    const [connection] = running.server.connections();
    expect([...(connection?.channels ?? [])]).toEqual(["room:a"]);
    expect(connection?.signal.aborted).toBe(false);
    expect(await running.server.disconnect({ user: "ann" }, { code: 4500, reason: "bye" })).toEqual({ connections: 1 });
    const lines: string[] = [];
    for (let n = 0; n < 6; n += 1) lines.push(await told.next());
    expect(lines).toEqual([
      "connected ann",
      "opened room:a",
      "unsubscribe room:a 1",
      "aborted room:a",
      "closed room:a",
      "disconnected ann 4500 false true",
    ]);
    expect(connection?.signal.aborted).toBe(true);
    expect([...running.server.connections()]).toEqual([]);
  });

  test("[LC2] a connection that `authenticate` refuses is in no event", async () => {
    const { app, told } = createHouse();
    await using running = await startApp(app);
    expect(await closedWith(`${running.ws}/ws?channel=room:a&token=no`, {})).toMatchObject({ code: 3507 });
    using ann = clientOf(running.ws, "ann");
    await ann.call("fast", 1);
    expect(await told.next()).toBe("connected ann");
  });

  test("[LC3] a channel closes when its last subscriber has been gone for its linger", async () => {
    const { app, told } = createHouse({ linger: "100ms" });
    await using running = await startApp(app);
    using ann = clientOf(running.ws, "ann");
    const room = ann.channel("room", { name: "a" });
    await room.subscribe();
    room.unsubscribe();
    await room.subscribe();
    room.unsubscribe();
    const lines: string[] = [];
    for (let n = 0; n < 6; n += 1) lines.push(await told.next());
    expect(lines).toEqual([
      "connected ann",
      "opened room:a",
      "unsubscribe room:a 0",
      "unsubscribe room:a 0",
      "aborted room:a",
      "closed room:a",
    ]);
  });
});

describe("handlers of one connection", () => {
  test("[OR1] publishes run in order behind a slow one; calls run beside them, and their replies overtake", async () => {
    const { app, told, release } = createHouse();
    await using running = await startApp(app);
    using ann = clientOf(running.ws, "ann");
    const room = ann.channel("room", { name: "a" });
    await room.subscribe();
    const heard: string[] = [];
    room.on("publication", ({ data }) => heard.push(data.text));
    const first = room.publish({ text: "wait" });
    const second = room.publish({ text: "two" });
    const slow = ann.call("slow", 1);
    expect(await ann.call("fast", 7)).toEqual({ ok: true, value: 7 });
    for (const line of ["connected ann", "opened room:a", "publish wait"]) expect(await told.next()).toBe(line);
    expect([heard, told.waiting]).toEqual([[], 0]);
    release();
    expect([await first, await second, await slow]).toMatchObject([{ ok: true }, { ok: true }, { ok: true, value: 1 }]);
    expect(heard).toEqual(["ann: wait", "ann: two"]);
  });

  test("[OR1] while a handler runs, the connection is heard: its close, and what others publish", async () => {
    const { app, told, release } = createHouse();
    await using running = await startApp(app);
    using ann = clientOf(running.ws, "ann");
    const room = ann.channel("room", { name: "a" });
    await room.subscribe();
    const heard = new Promise((resolve) => room.on("publication", ({ data }) => resolve(data.text)));
    void room.publish({ text: "wait" });
    for (const line of ["connected ann", "opened room:a", "publish wait"]) expect(await told.next()).toBe(line);
    await running.server.channel("room", { name: "a" }).publish({ text: "from the server" });
    expect(await heard).toBe("from the server");
    ann.centrifuge.disconnect();
    expect(await told.next()).toBe("unsubscribe room:a 1");
    release();
  });

  test("[OR2] a call that takes too long is error 100, temporary, and its signal aborts", async () => {
    const { app, told, release } = createHouse({ timeout: "50ms" });
    await using running = await startApp(app);
    using ann = clientOf(running.ws, "ann");
    expect(await ann.call("slow", 1)).toMatchObject({
      ok: false,
      error: { code: "unavailable", number: 100, temporary: true },
    });
    expect(await told.next()).toBe("connected ann");
    expect(await told.next()).toBe("slow aborted");
    release();
    expect(await running.metrics()).toContain('chorus_hook_timeouts_total{hook="rpc",name="slow"} 1');
  });

  test("[OR3] what a handler throws, and an output that the contract refuses, is error 100 and a line of the log", async () => {
    const { app } = createHouse();
    await using running = await startApp(app);
    using ann = clientOf(running.ws, "ann");
    const failed = await ann.call("broken", "word");
    expect(failed).toMatchObject({ ok: false, error: { number: 100, message: "internal server error" } });
    expect(await running.log.next("hook.failed", { name: "broken" })).toMatchObject({
      hook: "rpc",
      connection: expect.any(String),
    });
    expect(await ann.call("lies", null)).toMatchObject({ ok: false, error: { number: 100 } });
    expect(await ann.call("broken", 5 as never)).toMatchObject({ ok: false, error: { code: "invalid_input" } });
    const metrics = await running.metrics();
    expect(metrics).toContain('chorus_hook_errors_total{hook="rpc",name="broken"} 1');
    expect(metrics).toContain('chorus_hook_duration_seconds_count{hook="rpc",name="broken"} 1');
  });

  test("[CA3] a method that the contract does not have is error 104, a message that it does not have is dropped", async () => {
    const { app } = createHouse();
    await using running = await startApp(app);
    using stock = new StockClient(running.ws, { token: "ann" });
    await stock.connect();
    expect(await stock.api.rpc("other", 1).catch((error: unknown) => error)).toMatchObject({ code: 104 });
    expect(await stock.api.rpc("fast", "text").catch((error: unknown) => error)).toMatchObject({ code: 107 });
  });
});

describe("an application's configuration", () => {
  test("[AC1] a namespace of the contract in the configuration is an error of the start", () => {
    const { app } = createHouse();
    const channels = { channel: { namespaces: [{ name: "room" }] } };
    expect(startApp(app, channels)).rejects.toThrow(
      'channel.namespaces[0].name: the contract declares the namespace "room" too',
    );
  });

  test("[AC2] a handler that is missing, and a limit that is none, is told when the application is made", () => {
    const made = (handlers: object) => () => chorus(house).handle(handlers as never);
    expect(made({ channels: {}, calls: {} })).toThrow("channel room needs `subscribe`");
    const { calls } = house.schemas;
    const channels = { room: { subscribe: "everyone", publish: "subscribers" } };
    const handlers = Object.fromEntries(Object.keys(calls).map((name) => [name, () => null]));
    expect(made({ channels, calls: { ...handlers, slow: undefined } })).toThrow("call slow has no handler");
    expect(made({ channels, calls: { ...handlers, slow: { rate: "fast", handle: () => 1 } } })).toThrow("slow.rate");
    expect(made({ channels: { room: { ...channels.room, linger: "soon" } }, calls: handlers })).toThrow("room.linger");
  });
});
