import { expect, setDefaultTimeout, test } from "bun:test";
import type { Clock } from "../../src/core/clock.ts";
import { type Milliseconds, milliseconds } from "../../src/core/time.ts";
import { InboundTurns, type Rest, type Turning } from "../../src/sockets/inbound-turns.ts";
import { CentrifugeProbe } from "../support/centrifuge-probe.ts";
import { ManualClock } from "../support/clock.ts";
import { startOpenServer } from "../support/open-channels.ts";
import { testTimeout } from "../support/patience.ts";

setDefaultTimeout(testTimeout);

/** Sockets and turns that are made by hand; every command of a frame takes as many milliseconds as it says. */
class Loop {
  readonly log: string[] = [];
  readonly #tasks: (() => void)[] = [];
  #now = 0;
  readonly #turns = new InboundTurns<Turning & { name: string }>({
    now: () => this.#now,
    schedule: (task) => this.#tasks.push(task),
    read: ({ name }, frame, isOver) => this.#read(name, String(frame).split("+"), isOver),
    failed: ({ name }, error) => this.log.push(`${name} failed: ${error}`),
  });

  socket(name: string) {
    const pause = () => {
      this.log.push(`${name} paused`);
      return () => void this.log.push(`${name} resumed`);
    };
    const socket = { name, isHeld: false, releasedAt: 0, pause };
    return {
      sends: (...frames: string[]) => {
        for (const frame of frames) this.#turns.take(socket, frame, this.#now);
      },
      leaves: () => this.#turns.after(socket, () => void this.log.push(`${name} left`)),
    };
  }

  turn(): string[] {
    for (const task of this.#tasks.splice(0)) task();
    return this.log.splice(0);
  }

  #read(name: string, [command = "", ...others]: readonly string[], isOver: () => boolean): Rest {
    this.log.push(`${name} ${command}`);
    if (command === "bad") throw new Error(command);
    this.#now += Number(command.slice(1));
    if (others.length === 0) return null;
    return isOver() ? () => this.#read(name, others, isOver) : this.#read(name, others, isOver);
  }
}

test("several sockets are read for six milliseconds a turn, what waits half a millisecond each of every round", () => {
  const loop = new Loop();
  const [ann, ben, eve] = ["ann", "ben", "eve"].map((name) => loop.socket(name));
  eve?.sends("a5", "b1", "c1");
  ann?.sends("a1", "b0");
  ben?.sends("a1", "bad", "b1");
  eve?.sends("d9", "e1");
  ann?.leaves();
  expect(loop.log.splice(0)).toEqual(["eve a5", "eve b1", "eve c1", "ann paused", "ben paused", "eve paused"]);
  expect(loop.turn()).toEqual(["ann a1", "ben a1", "eve d9", "ann b0", "ann left", "ann resumed"]);
  expect(loop.turn()).toEqual([..."ben bad,ben failed: Error: bad,ben b1,ben resumed,eve e1,eve resumed".split(",")]);
  expect(loop.turn()).toEqual([]);
  ann?.sends("c1");
  expect(loop.log).toEqual(["ann c1"]);
});

test("a socket that is alone is read for 30 milliseconds a turn", () => {
  const loop = new Loop();
  const eve = loop.socket("eve");
  eve.sends("a20", "b10", "c9", "d20", "e1", "f1");
  expect(loop.log.splice(0)).toEqual(["eve a20", "eve b10", "eve paused"]);
  expect(loop.turn()).toEqual(["eve c9", "eve d20", "eve e1"]);
  expect(loop.turn()).toEqual(["eve f1", "eve resumed"]);
});

test("a frame of many commands keeps others waiting for its share alone, and its commands keep their order", () => {
  const loop = new Loop();
  const [eve, ann] = ["eve", "ann"].map((name) => loop.socket(name));
  eve?.sends("a20+b10+c2+d2+e1", "f1");
  ann?.sends("a1");
  expect(loop.log.splice(0)).toEqual(["eve a20", "eve b10", "eve paused", "ann paused"]);
  expect(loop.turn()).toEqual(["eve c2", "ann a1", "ann resumed", "eve d2", "eve e1"]);
});

test("a socket that has to wait for the first time goes ahead of those that have much", () => {
  const loop = new Loop();
  const [eve, mal, zoe] = ["eve", "mal", "zoe"].map((name) => loop.socket(name));
  eve?.sends("a30", "b1", "c29", "d1", "e1");
  expect(loop.turn()).toEqual(["eve a30", "eve paused", "eve b1", "eve c29"]);
  mal?.sends("a1");
  zoe?.sends("a1");
  expect(loop.turn()).toEqual([
    ..."mal paused,zoe paused,mal a1,mal resumed,zoe a1,zoe resumed,eve d1,eve e1,eve resumed".split(","),
  ]);
});

/** A clock by which each of so many looks takes two milliseconds: less than until the first ping in all. */
class SlowClock extends ManualClock implements Clock {
  #looks = 5_000;

  override monotonic(): Milliseconds {
    if (this.#looks-- > 0) this.advance(2);
    return milliseconds(super.monotonic());
  }
}

test("[SE79] a client whose frames wait for their turn has all of them read in order, also those before its close", async () => {
  await using server = await startOpenServer({}, { clock: new SlowClock() });
  using reader = await CentrifugeProbe.connect(server.ws);
  await reader.subscribe("a");
  const writers = await Promise.all([0, 1, 2].map(() => CentrifugeProbe.connect(server.ws)));
  for (const [writer, probe] of writers.entries()) {
    for (let n = 0; n < 200; n += 1) probe.send({ id: n + 2, publish: { channel: "a", data: [writer, n] } });
    probe[Symbol.dispose]();
  }
  const heard = (await reader.take(600)) as unknown as { push: { pub: { data: [number, number] } } }[];
  for (const [writer] of writers.entries()) {
    const own = heard.map(({ push }) => push.pub.data).filter(([from]) => from === writer);
    expect(own.map(([, n]) => n)).toEqual(Array.from({ length: 200 }, (_, n) => n));
  }
  for (const _ of writers) await server.log.next("connection.closed");
  expect(server.node.registry.size).toBe(1);
});

test("[SE79] a request with commands is answered when they were read, also where it waited for its turn", async () => {
  await using server = await startOpenServer({ http_stream: { enabled: true } }, { clock: new SlowClock() });
  const post = (path: string, body: string) => fetch(`${server.url}${path}`, { method: "POST", body });
  const stream = await post("/connection/http_stream", '{"id":1,"connect":{}}');
  const reader = stream.body?.getReader();
  if (!reader) throw new Error("a stream without a body");
  const { value } = await reader.read();
  const { session, node } = JSON.parse(Buffer.from(value ?? []).toString()).connect as {
    session: string;
    node: string;
  };
  const publish = (n: number) => JSON.stringify({ id: n + 2, publish: { channel: "a", data: n } });
  const all = Array.from({ length: 40 }, (_, n) =>
    post("/emulation", JSON.stringify({ session, node, data: publish(n) })),
  );
  for (const response of await Promise.all(all)) expect(response.status).toBe(204);
  expect((await server.api.history("a")).position.offset).toBe(40);
  await reader.cancel();
});
