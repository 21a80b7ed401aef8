import { expect, setDefaultTimeout, test } from "bun:test";
import type { Clock } from "../../src/core/clock.ts";
import { type Milliseconds, milliseconds } from "../../src/core/time.ts";
import { InboundTurns, type Turning } from "../../src/sockets/inbound-turns.ts";
import { CentrifugeProbe } from "../support/centrifuge-probe.ts";
import { ManualClock } from "../support/clock.ts";
import { startOpenServer } from "../support/open-channels.ts";
import { testTimeout } from "../support/patience.ts";

setDefaultTimeout(testTimeout);

/** Sockets and turns that are made by hand; every frame takes as many milliseconds as it says. */
class Loop {
  readonly log: string[] = [];
  readonly #tasks: (() => void)[] = [];
  #now = 0;
  readonly #turns = new InboundTurns<Turning & { name: string }>({
    now: () => this.#now,
    schedule: (task) => this.#tasks.push(task),
    read: ({ name }, frame) => this.#read(name, String(frame)),
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
        for (const frame of frames) {
          if (this.#turns.isNow(socket, this.#now)) this.#read(name, frame);
          else this.#turns.wait(socket, frame);
        }
      },
      leaves: () => this.#turns.wait(socket, () => void this.log.push(`${name} left`)),
    };
  }

  turn(): string[] {
    for (const task of this.#tasks.splice(0)) task();
    return this.log.splice(0);
  }

  #read(name: string, frame: string): void {
    this.log.push(`${name} ${frame}`);
    if (frame === "bad") throw new Error(frame);
    this.#now += Number(frame.slice(1));
  }
}

test("frames are read for ten milliseconds a turn; then each socket has a millisecond of every round", () => {
  const loop = new Loop();
  const [ann, ben, eve] = ["ann", "ben", "eve"].map((name) => loop.socket(name));
  eve?.sends("a8", "b2", "c1", "d9", "e1");
  ann?.sends("a1");
  ben?.sends("a1", "bad", "b1");
  ann?.leaves();
  expect(loop.log.splice(0)).toEqual(["eve a8", "eve b2", "eve paused", "ann paused", "ben paused"]);
  expect(loop.turn()).toEqual(["eve c1", "ann a1", "ben a1", "eve d9"]);
  ann?.sends("b0");
  expect(loop.turn()).toEqual([
    ..."ann left,ann b0,ann resumed,ben bad,ben failed: Error: bad,ben b1,ben resumed,eve e1,eve resumed".split(","),
  ]);
  expect(loop.turn()).toEqual([]);
  ann?.sends("c1");
  expect(loop.log).toEqual(["ann c1"]);
});

test("a socket that has to wait for the first time goes ahead of those that have much", () => {
  const loop = new Loop();
  const [eve, mal, zoe] = ["eve", "mal", "zoe"].map((name) => loop.socket(name));
  eve?.sends("a10", "b1", "c9", "d1");
  expect(loop.turn()).toEqual(["eve a10", "eve paused", "eve b1", "eve c9"]);
  mal?.sends("a10");
  zoe?.sends("a1");
  expect(loop.turn()).toEqual(["mal a10", "zoe paused", "zoe a1", "zoe resumed", "eve d1", "eve resumed"]);
});

/** A clock by which each look takes two milliseconds. */
class SlowClock extends ManualClock implements Clock {
  override monotonic(): Milliseconds {
    this.advance(2);
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
