import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { EventHooks } from "../../src/hooks/events/event-hooks.ts";
import { createSign } from "../../src/hooks/http/signature.ts";
import { valid } from "../config/support.ts";
import { CapturedLog } from "../support/captured-log.ts";
import { ManualClock } from "../support/clock.ts";
import { TemporaryFolder } from "../support/folder.ts";
import { testTimeout } from "../support/patience.ts";
import { SeededRandom } from "../support/random.ts";
import { EventsBackend } from "./events-backend.ts";
import { clientOf, ManualAlarm } from "./fixture.ts";

setDefaultTimeout(testTimeout);

describe("events for a back end", () => {
  let backend: EventsBackend;
  let folder: TemporaryFolder;
  let clock: ManualClock;
  let alarm: ManualAlarm;
  let log: CapturedLog;
  const opened: EventHooks[] = [];

  beforeEach(async () => {
    backend = new EventsBackend();
    folder = await TemporaryFolder.create();
    clock = new ManualClock();
    alarm = new ManualAlarm(clock);
    log = new CapturedLog();
  });
  afterEach(async () => {
    for (const events of opened.splice(0)) events.close();
    await backend.stop();
    await folder[Symbol.asyncDispose]();
  });

  function open({ size = 100, node = "run-1", batch_size = 100 } = {}): EventHooks {
    const { rpc, event_outbox } = valid({ rpc: { proxy: { endpoint: backend.url, timeout: "1h" } } });
    const events = new EventHooks(
      {
        outbox: { ...event_outbox, path: `${folder.path}/events.db`, size, batch_size },
        defaults: { connected: rpc.proxy, disconnect: rpc.proxy, unsubscribe: null, channel_state: null },
        proxies: [],
      },
      {
        clock,
        random: new SeededRandom(1),
        log: log.log,
        node,
        after: alarm.after,
        sign: createSign({ key: "", previous: "" }),
        channelOptions: () => null,
      },
    );
    opened.push(events);
    return events;
  }

  const connected = (id: string) => ({ type: "connected", client: clientOf(id, "ann") }) as const;
  const ended = (id: string) =>
    ({
      type: "disconnected",
      client: clientOf(id, "ann"),
      disconnect: { code: 3001, reason: "shutdown" },
      duration: 12.4,
    }) as const;

  test("[EV1] are told in one request in their order, and are gone when it is acknowledged", async () => {
    const events = open();
    events.tell(connected("a"));
    events.tell(ended("a"));
    events.tell(connected("b"));
    alarm.advance(1_000);
    const told = await backend.next();
    expect(told.map(({ type, client }) => [type, client])).toEqual([
      ["connected", "a"],
      ["disconnect", "a"],
      ["connected", "b"],
    ]);
    expect(told[1]).toMatchObject({ node: "run-1", user: "ann", code: 3001, reason: "shutdown", duration_ms: 12 });
    expect(new Set(told.map(({ id }) => id)).size).toBe(3);
    events.tell(ended("b"));
    alarm.advance(1_000);
    expect((await backend.next()).map(({ client }) => client)).toEqual(["b"]);
  });

  test("[EV2] are sent again with the same ids until they are acknowledged, also by the next process", async () => {
    backend.status = 503;
    const events = open();
    events.tell(connected("a"));
    alarm.advance(1_000);
    const [first] = await backend.next();
    expect(await log.next("events.failed")).toMatchObject({ place: backend.url });
    alarm.advance(500);
    expect((await backend.next())[0]?.id).toBe(first?.id);
    events.close();
    backend.status = 200;
    open({ node: "run-2" });
    alarm.advance(1_000);
    expect((await backend.next())[0]?.id).toBe(first?.id);
  });

  test("[EV3] begin with the id of the run before, so that a crash is known", async () => {
    open({ node: "run-1" });
    alarm.advance(1_000);
    expect((await backend.requests.next())[0]).toMatchObject({ type: "node_started", node: "run-1", previous: "" });
    opened.pop()?.close();
    open({ node: "run-2" });
    alarm.advance(1_000);
    // The first event may not have been acknowledged before its process ended.
    let last = (await backend.requests.next()).at(-1);
    while (last?.["node"] !== "run-2") last = (await backend.requests.next()).at(-1);
    expect(last).toMatchObject({ type: "node_started", previous: "run-1" });
  });

  test("[EV4] over the size the oldest are dropped, and the next request says how many", async () => {
    const events = open({ size: 3 });
    for (const id of ["a", "b", "c", "d", "e"]) events.tell(connected(id));
    alarm.advance(1_000);
    const told = await backend.next();
    expect(told.map(({ type, client, count }) => client ?? [type, count])).toEqual([["events_lost", 3], "c", "d", "e"]);
    expect(await log.next("events.dropped")).toMatchObject({ count: 3 });
    while (events.outbox.waiting > 0) await new Promise((resolve) => setImmediate(resolve));
    events.tell(connected("f"));
    alarm.advance(1_000);
    expect((await backend.next()).map(({ type }) => type)).toEqual(["connected"]);
  });

  test("[EV5] of 10,000 connections that end at once cost at most two commits", () => {
    const events = open({ size: 100_000 });
    const before = events.outbox.commits;
    for (let index = 0; index < 10_000; index += 1) events.tell(ended(String(index)));
    alarm.advance(1_000);
    expect(events.outbox.commits - before).toBeLessThanOrEqual(2);
    expect(events.outbox.waiting).toBe(10_001);
  });

  test("[EV4] while the file fails they are kept, and then told", async () => {
    const events = open();
    alarm.advance(0);
    await backend.requests.next();
    using other = new Database(`${folder.path}/events.db`);
    other.run("CREATE TRIGGER full BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'the disk is full'); END");
    events.tell(connected("a"));
    alarm.advance(1_000);
    await log.next("events.file_failed");
    events.tell(connected("b"));
    other.run("DROP TRIGGER full");
    alarm.advance(1_000);
    expect((await backend.next()).map(({ client }) => client)).toEqual(["a", "b"]);
    expect(events.outbox.lost).toBe(0);
  });

  test("[EV2] are sent again, and not at once, where the file does not take the acknowledgement", async () => {
    const events = open();
    alarm.advance(0);
    await backend.requests.next();
    using other = new Database(`${folder.path}/events.db`);
    while (events.outbox.waiting > 0) await new Promise((resolve) => setImmediate(resolve));
    other.run("CREATE TRIGGER stuck BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'the disk is full'); END");
    events.tell(connected("a"));
    alarm.advance(1_000);
    const [first] = await backend.next();
    await log.next("events.failed");
    other.run("DROP TRIGGER stuck");
    alarm.advance(500);
    expect((await backend.next())[0]?.id).toBe(first?.id);
    expect(backend.requests.waiting).toBe(0);
  });

  test("[EV4] those that arrive after they were dropped are not counted as lost", async () => {
    const events = open({ size: 2 });
    alarm.advance(0);
    await backend.requests.next();
    const { promise, resolve } = Promise.withResolvers<void>();
    backend.held = promise;
    events.tell(connected("a"));
    alarm.advance(1_000);
    await backend.next();
    for (const id of ["b", "c"]) events.tell(connected(id));
    alarm.advance(1_000);
    expect(events.outbox.lost).toBe(1);
    resolve();
    expect((await backend.next()).map(({ client }) => client)).toEqual(["b", "c"]);
  });

  test("[EV4] a damaged file is set aside, and the first request says that events were lost", async () => {
    backend.status = 500;
    open().tell(connected("a"));
    alarm.advance(1_000);
    await log.next("events.failed");
    opened.pop()?.close();
    await Bun.write(`${folder.path}/events.db`, "no database".repeat(1_000));
    backend.status = 200;
    while (backend.requests.waiting > 0) await backend.requests.next();
    open({ node: "run-2" });
    alarm.advance(1_000);
    expect((await backend.requests.next()).map(({ type, count }) => [type, count])).toEqual([
      ["events_lost", 0],
      ["node_started", undefined],
    ]);
  });

  test("[EV3] a file that is damaged in a run is replaced by one that names the run, and no event is lost", async () => {
    const events = open();
    alarm.advance(0);
    await backend.requests.next();
    while (events.outbox.waiting > 0) await new Promise((resolve) => setImmediate(resolve));
    using other = new Database(`${folder.path}/events.db`);
    // A second row with one primary key counts as damage.
    const row = "INSERT INTO lost VALUES ('one', 1);";
    other.run(`CREATE TRIGGER twice BEFORE INSERT ON events BEGIN ${row} ${row} END`);
    events.tell(connected("a"));
    alarm.advance(1_000);
    expect((await backend.next()).map(({ client }) => client)).toEqual(["a"]);
    expect([log.count("events.file_damaged"), log.count("events.file_failed")]).toEqual([1, 0]);
    while (events.outbox.waiting > 0) await new Promise((resolve) => setImmediate(resolve));
    opened.pop()?.close();
    open({ node: "run-2" });
    alarm.advance(0);
    expect(await backend.requests.next()).toMatchObject([{ type: "node_started", previous: "run-1" }]);
  });

  test("an outbox that is opened again in the same run tells of no start, and its ids are new", async () => {
    open().tell(connected("a"));
    alarm.advance(0);
    const first = (await backend.requests.next()).at(-1);
    expect(first?.client).toBe("a");
    opened.pop()?.close();
    open().tell(connected("b"));
    alarm.advance(0);
    let told = await backend.requests.next();
    const starts = new Set(told.flatMap(({ id, type }) => (type === "node_started" ? [id] : [])));
    // What was not acknowledged before it was closed is told again.
    while (told.at(-1)?.client !== "b") told = await backend.requests.next();
    expect([...starts].filter((id) => id !== "run-1:1")).toEqual([]);
    expect(told.at(-1)?.id).not.toMatch(/^run-1:/);
  });

  test("are sent before the server stops, and a status of 200 acknowledges them whatever else the answer is", async () => {
    backend.body = "x".repeat(2_000_000);
    const events = open();
    events.tell(connected("a"));
    await events.finish();
    expect((await backend.next()).map(({ client }) => client)).toEqual(["a"]);
    expect(events.outbox.waiting).toBe(0);
    backend.status = 503;
    events.tell(connected("b"));
    await events.finish();
    expect(events.outbox.waiting).toBe(1);
  });

  test("events that are too old are dropped and counted", async () => {
    backend.status = 500;
    const events = open();
    events.tell(connected("old"));
    alarm.advance(1_000);
    await backend.next();
    await log.next("events.failed");
    backend.status = 200;
    clock.advance(86_400_001);
    events.tell(connected("new"));
    events.outbox.flush();
    alarm.advance(500);
    const told = await backend.next();
    expect(told.map(({ type, client }) => client ?? type)).toEqual(["events_lost", "new"]);
  });
});
