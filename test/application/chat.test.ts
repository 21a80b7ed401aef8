import { afterAll, beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { createClient } from "chorus/client";
import { chat } from "../../examples/chat/contract.ts";
import { createChat } from "../../examples/chat/server.ts";
import { ChatStore } from "../../examples/chat/store.ts";
import { StockClient } from "../conformance/stock/stock-client.ts";
import { testTimeout } from "../support/patience.ts";
import { closedWith, HeaderSocket, type RunningTestApp, startApp } from "./support.ts";

setDefaultTimeout(testTimeout);

const hour = 3_600_000;

/** The chat's own data: Ann moderates, Ben is banned from `general`, Cid is no member. */
function fill(store: ChatStore): void {
  store.rooms.clear();
  store.sessions.clear();
  const until = new Date(Date.now() + hour);
  store.sessions.set("a", { id: "ann", name: "Ann", avatar: "a.png", role: "moderator", until });
  store.sessions.set("b", { id: "ben", name: "Ben", avatar: null, role: "member", until });
  store.sessions.set("c", { id: "cid", name: "Cid", avatar: null, role: "member", until });
  store.addRoom("general", "Everything", ["ann", "ben"]);
  store.addRoom("rewritten", "Once", ["ann", "ben"]);
  store.addRoom("quiet", "Nothing", ["ann", "ben"]).banned.add("ben");
}

describe("the chat", () => {
  const store = new ChatStore();
  let app: RunningTestApp<(typeof chat)["schemas"], unknown>;
  beforeAll(async () => {
    app = await startApp(createChat(store));
  });
  beforeEach(() => fill(store));
  afterAll(() => app?.stop());

  const clientOf = (session: string) => {
    const stock = new StockClient(app.ws, {
      websocket: HeaderSocket.with({ cookie: `theme=dark; session=${session}` }),
    });
    return Object.assign(createClient(chat, stock.api), { [Symbol.dispose]: () => stock[Symbol.dispose]() });
  };

  test("[AU1] the session of a cookie is who the connection is; without one the client can read the refusal", async () => {
    using stranger = clientOf("nobody");
    const refused = await stranger.call("hide", { room: "general", id: "1" });
    expect(refused).toMatchObject({ ok: false, error: { code: "unauthorized", number: 101 } });
    using ann = clientOf("a");
    const joined = await ann.channel("room", { room: "general" }).subscribe();
    expect(joined).toMatchObject({ ok: true, value: { welcome: { topic: "Everything", canPost: true } } });
    const [connection] = app.server.connections({ user: "ann" });
    expect(connection?.upgrade.cookies.get("theme")).toBe("dark");
    expect([...(connection?.channels ?? [])]).toEqual(["chat:general"]);
  });

  test("[JN1] a refusal of subscribe has its own code, and a channel outside of the contract is unknown", async () => {
    using ben = clientOf("b");
    expect(await ben.channel("room", { room: "quiet" }).subscribe()).toMatchObject({
      ok: false,
      error: { code: "banned", number: 1002, temporary: false },
    });
    using cid = clientOf("c");
    expect(await cid.channel("room", { room: "general" }).subscribe()).toMatchObject({
      ok: false,
      error: { code: "forbidden", number: 103 },
    });
    using stock = new StockClient(app.ws, { websocket: HeaderSocket.with({ cookie: "session=a" }) });
    await stock.connect();
    const other = stock.subscription("chat:general:extra");
    other.subscribe();
    expect(await stock.until("chat:general:extra", "unsubscribed")).toMatchObject({ code: 102 });
  });

  test("[PU1] what a client publishes is validated and rewritten by the server, and others see who it was", async () => {
    using ann = clientOf("a");
    using ben = clientOf("b");
    const [annsRoom, bensRoom] = [ann, ben].map((client) => client.channel("room", { room: "rewritten" }));
    await annsRoom?.subscribe();
    await bensRoom?.subscribe();
    const heard = new Promise((resolve) => annsRoom?.on("publication", resolve));
    expect(await bensRoom?.publish({ text: "  hello  " })).toEqual({ ok: true, value: null });
    expect(await heard).toMatchObject({
      data: { text: "hello", by: "ben", hidden: false },
      offset: 1,
      info: { user: "ben", info: { name: "Ben", avatar: null } },
    });
    expect(store.rooms.get("rewritten")?.messages.size).toBe(1);
  });

  test("[PU2] an invalid publish is error 107 with the path, and reaches no handler", async () => {
    using stock = new StockClient(app.ws, { websocket: HeaderSocket.with({ cookie: "session=a" }) });
    await stock.connect();
    const room = await stock.subscribe("chat:general");
    const refused = await room.publish({ text: "" }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 107, message: "bad request: text" });
    expect(store.rooms.get("general")?.messages.size).toBe(0);
  });

  test("[CA1] a call has typed input, output and errors; calls of one connection may overtake", async () => {
    using ann = clientOf("a");
    using ben = clientOf("b");
    const id = { room: "general", id: "1" };
    expect(await ben.call("hide", id)).toMatchObject({ ok: false, error: { code: "forbidden" } });
    expect(await ann.call("hide", id)).toMatchObject({ ok: false, error: { code: "no_such_message", number: 1404 } });
    store.rooms.get("general")?.messages.set("1", { id: "1", text: "x", by: "ben", at: 1 });
    const room = ann.channel("room", { room: "general" });
    await room.subscribe();
    const heard = new Promise((resolve) => room.on("publication", ({ data }) => resolve(data)));
    expect(await ann.call("hide", id)).toEqual({ ok: true, value: { hidden: true } });
    expect(await heard).toMatchObject({ id: "1", hidden: true });
  });

  test("[CA2] a message to a connection arrives typed; a message of a client reaches its handler", async () => {
    using ben = clientOf("b");
    const room = ben.channel("room", { room: "general" });
    await room.subscribe();
    const warned = new Promise((resolve) => ben.on("warned", resolve));
    expect(await room.publish({ text: "http://spam" })).toMatchObject({
      ok: false,
      error: { code: "slow_mode", number: 1001, temporary: true },
    });
    expect(await warned).toEqual({ reason: "spam" });
    await ben.send("typing", { room: "general" });
    await ben.call("hide", { room: "general", id: "1" });
    expect(store.typing.at(-1)).toEqual({ room: "general", user: "ben" });
  });

  test("[JN2] presence and joins show the info that the handler gave", async () => {
    using ann = clientOf("a");
    using ben = clientOf("b");
    const room = ann.channel("room", { room: "general" });
    await room.subscribe();
    const joined = new Promise((resolve) => room.on("join", (member) => member.user === "ben" && resolve(member.info)));
    await ben.channel("room", { room: "general" }).subscribe();
    expect(await joined).toEqual({ name: "Ben", avatar: null });
    const present = await room.presence();
    const names = present.ok ? [...present.value.values()].map(({ info }) => info.name) : [];
    expect(names.sort()).toEqual(["Ann", "Ben"]);
  });

  test("[AU2] a connection ends when its session does, and may come back", async () => {
    store.sessions.set("a", {
      id: "ann",
      name: "Ann",
      avatar: null,
      role: "member",
      until: new Date(Date.now() + 1500),
    });
    using stock = new StockClient(app.ws, { websocket: HeaderSocket.with({ cookie: "session=a" }) });
    await stock.connect();
    expect(await stock.until("client", "connecting")).toMatchObject({ code: 3005 });
  });

  test("[AU3] a bare WebSocket is asked the same way: a refusal is its close code", async () => {
    expect(await closedWith(`${app.ws}/ws?channel=chat:general`, {})).toMatchObject({ code: 3500 });
    const cookie = { cookie: "session=c" };
    expect(await closedWith(`${app.ws}/ws?channel=chat:general`, cookie)).toMatchObject({ code: 3507 });
  });
});
