import { bench, do_not_optimize, run, summary } from "mitata";
import { createActor } from "xstate";
import { PublishEvent } from "../../actors/hub/events.ts";
import { publicationsLogic } from "../../actors/hub/publications.ts";
import type { ConnectionRef } from "../../actors/hub/registry.ts";
import { disconnects } from "../../src/core/disconnects.ts";
import type { Log } from "../../src/core/log.ts";
import { createCounters } from "../../src/metrics/counters.ts";
import { systemClock } from "../../src/runtime/system.ts";
import { BunSocket } from "../../src/sockets/socket.ts";
import { plain } from "../../test/support/protocols.ts";
import { startWithParts } from "../../test/support/start.ts";
import { thin } from "../measure/spread.ts";

// What an actor costs: its birth and end, and its events, with so many others alive. They are the connections of a real
// node, without sockets. Flat growth is the point: the same cost at 50,000 as at 1,000.

const counts = process.argv.slice(2).map(Number);
if (counts.length === 0) counts.push(1_000, 10_000, 50_000);

const quiet: Log = { debug() {}, info() {}, warn() {}, error() {} };

const { node, stop } = startWithParts(
  {
    http_server: { address: "127.0.0.1", port: 0 },
    client: { allow_anonymous_connect_without_token: true, connection_limit: 0 },
    channel: { without_namespace: { allow_subscribe_for_client: true, allow_subscribe_for_anonymous: true } },
  },
  { log: quiet },
);

const arrivals = { pinged: () => {}, hasArrived: () => false };
const ports = {
  subscribers: node.subscribers,
  counters: node.counters,
  stalled: () => {},
  arrivals,
  connectBytesMax: 65_536,
};

const connect = {
  method: "connect",
  id: 1,
  token: null,
  data: null,
  subs: new Map(),
  name: "",
  version: "",
  headers: null,
} as const;

/** A connection as the transport opens it: adopted by the Hub, let in, and in its channel. */
function open(): ConnectionRef {
  const opening = {
    id: crypto.randomUUID(),
    protocol: plain,
    address: "",
    upgrade: null,
    limitKey: null,
    peerPort: 0,
    isSecure: false,
    server: null,
    defaultChannel: "lobby",
    token: null,
  } as const;
  const socket = new BunSocket(opening, ports, 0);
  const actor = node.adopt(socket, connect);
  socket.connection = actor;
  return actor;
}

function close(actor: ConnectionRef): void {
  actor.send({ type: "socket.closed", disconnect: disconnects.connectionClosed });
}

/**
 * How often one call does it. mitata repeats what takes less than 65,536 ns 4,096 times, with all that is prepared for it
 * made beforehand: whether it does depends on the noise of the machine, and one call is compared with the mean of many.
 * Each call here takes several times as long.
 */
const times = { spawns: 100, closes: 100, events: 1_000, publications: 4_000 };

/** What is timed, given what is made before and not timed. mitata takes it so; its types know functions alone. */
function untimed<T>(prepare: () => T, timed: (prepared: T) => void): () => void {
  return { 0: prepare, bench: timed } as unknown as () => void;
}

const alive: ConnectionRef[] = [];

function repeat(count: number, work: () => void): void {
  for (let n = 0; n < count; n++) work();
}

/** Brings the number of live actors to `count`. */
function grow(count: number): void {
  while (alive.length < count) alive.push(open());
}

summary(() => {
  bench(`${times.spawns} spawns and closes, $alive alive`, function* (state: { get(name: string): number }) {
    grow(state.get("alive"));
    yield () => repeat(times.spawns, () => close(open()));
  }).args("alive", counts);
});

summary(() => {
  bench(`${times.closes} closes, $alive alive`, function* (state: { get(name: string): number }) {
    grow(state.get("alive"));
    yield untimed(
      () => Array.from({ length: times.closes }, open),
      (opened) => opened.forEach(close),
    );
  }).args("alive", counts);
});

summary(() => {
  bench(`${times.events} events, $alive alive`, function* (state: { get(name: string): number }) {
    grow(state.get("alive"));
    let turn = 0;
    const one = () => {
      turn = (turn + 1) % alive.length;
      // A deadline that means nothing in this state is looked at by the machine and changes nothing.
      do_not_optimize(alive[turn]?.send({ type: "deadline.expired", deadline: "flush" }));
    };
    yield () => repeat(times.events, one);
  }).args("alive", counts);
});

const accepted = { ok: true, value: { offset: 0, epoch: "" } } as const;
const router = createActor(
  publicationsLogic({
    broker: { publish: (_, done) => done?.(accepted) },
    counters: createCounters(),
    clock: systemClock,
    log: quiet,
  }),
).start();
const draft = { channel: "lobby", data: { kind: "text", text: "hello" }, exclude: null, history: null } as const;

summary(() => {
  bench(`${times.publications} publications routed, $alive alive`, function* (state: { get(name: string): number }) {
    grow(state.get("alive"));
    yield () => repeat(times.publications, () => router.send(new PublishEvent("client", draft, null)));
  }).args("alive", counts);
});

const { benchmarks } = await run({ throw: true });
// The suite that started this keeps the figures; started by hand nobody listens.
for (const { alias, runs } of benchmarks) {
  for (const { args, stats } of runs) {
    if (!stats) continue;
    const { avg, p50, p99, p999, samples } = stats;
    process.send?.({ bench: alias, alive: args["alive"], avg, p50, p99, p999, samples: thin(samples, 200) });
  }
}
for (const actor of alive) close(actor);
await stop();
