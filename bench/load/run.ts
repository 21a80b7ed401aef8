import { type Counts, Histogram } from "../measure/histogram.ts";
import { cpuOf } from "../measure/process.ts";
import type { Fleet } from "./fleet.ts";
import type { Account } from "./room.ts";

/** What a run measured; latencies in nanoseconds, times in milliseconds. */
export interface RunResult {
  readonly publications: number;
  readonly deliveries: number;
  /** From the first send to the last delivery. */
  readonly elapsed: number;
  /** CPU of the load process and of the server in that time. */
  readonly loadCpu: number;
  readonly serverCpu: number;
  /** From the send of a publication (open loop: from when it was due) to each of its deliveries. */
  readonly deliveryLatencies: Counts;
  /** The same to its last delivery. */
  readonly lastLatencies: Counts;
  /** One at a time: what mitata sampled, the time of each broadcast to all. In flight: the times between two sends. */
  readonly samples: readonly number[];
  /** Open loop: how late publications were sent, in nanoseconds. */
  readonly sendDelays: Counts;
}

/**
 * One run over a fleet: publishes into its rooms in turn, knows when everything has arrived, and proves at the end
 * that nothing was lost or reordered.
 */
export class Run implements Account {
  readonly deliveries = new Histogram();
  readonly lasts = new Histogram();
  readonly delays = new Histogram();
  published = 0;
  /** When everything that was published had arrived, in nanoseconds. */
  endedAt = 0;
  #completed = 0;
  #wake: (() => void) | null = null;
  #wakeBelow = 0;
  #turn = 0;
  readonly #fleet: Fleet;

  constructor(fleet: Fleet) {
    this.#fleet = fleet;
    for (const room of fleet.rooms) room.report(this);
  }

  /** Publications that some receiver still waits for. */
  get outstanding(): number {
    return this.published - this.#completed;
  }

  completed(): void {
    this.#completed += 1;
    if (this.outstanding === 0) this.endedAt = Bun.nanoseconds();
    if (this.#wake === null || this.outstanding >= this.#wakeBelow) return;
    const wake = this.#wake;
    this.#wake = null;
    wake();
  }

  /** Puts the next publication into its publisher's batch; `due`, in nanoseconds, is when its latency begins. */
  publish(due: number): void {
    const { rooms, publishers, voices } = this.#fleet;
    const publisher = publishers[this.#turn % publishers.length];
    const room = rooms[this.#turn % voices];
    if (!room || !publisher) throw new Error("a fleet without rooms or publishers");
    this.#turn += 1;
    this.published += 1;
    publisher.publish(room.channel, room.publish(due));
  }

  flush(): void {
    for (const publisher of this.#fleet.publishers) publisher.flush();
  }

  /** Resolves as soon as fewer than `count` publications are outstanding. */
  below(count: number): Promise<void> {
    if (this.outstanding < count) return Promise.resolve();
    this.#wakeBelow = count;
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Does `work`, then waits until everything has arrived; fails where nothing arrives any more. */
  async finish<T>(work: () => Promise<T>): Promise<T> {
    let seen = -1;
    const lost = Promise.withResolvers<never>();
    const watch = setInterval(() => {
      if (this.outstanding > 0 && this.deliveries.count === seen)
        lost.reject(new Error(`lost: ${this.outstanding} publications did not reach everyone`));
      seen = this.deliveries.count;
    }, this.#fleet.silenceMsMax);
    try {
      return await Promise.race([this.#drained(work), lost.promise, this.#fleet.failure.promise]);
    } finally {
      clearInterval(watch);
    }
  }

  async #drained<T>(work: () => Promise<T>): Promise<T> {
    const done = await work();
    this.flush();
    await this.below(1);
    return done;
  }

  /** Throws unless every receiver has exactly what was published, and every publisher its answers. */
  async verify(): Promise<void> {
    for (const publisher of this.#fleet.publishers) {
      for (let wait = 0; wait < 50 && publisher.unanswered > 0; wait++) await Bun.sleep(20);
      if (publisher.unanswered !== 0) throw new Error(`${publisher.unanswered} publishes were not answered`);
    }
    for (const { count, room } of this.#fleet.receivers) {
      if (count.total !== room.sent) throw new Error(`a receiver has ${count.total} of ${room.sent} messages`);
      if (!count.whole) throw new Error("a receiver ended in the middle of a frame");
    }
  }
}

/**
 * Before a run: one publication into every room, which each receiver walks through, so that it is known how long the
 * frames of the run are. Then sets up who counts how, and who looks at what it gets.
 */
export async function pilot(fleet: Fleet, bytes: number): Promise<void> {
  for (const publisher of fleet.publishers) publisher.resize(bytes);
  for (const receiver of fleet.receivers) {
    receiver.stopInspecting();
    receiver.count.expectAny();
  }
  const run = new Run(fleet);
  await run.finish(async () => {
    for (let turn = 0; turn < fleet.voices; turn++) run.publish(Bun.nanoseconds());
  });
  await run.verify();
  for (const { count } of fleet.receivers) {
    if (fleet.speech.counting === "fixed") count.expectFixed(count.lastLength);
    if (fleet.speech.counting === "joined") count.expectJoined(count.lastPayload);
  }
  for (const receiver of fleet.inspected()) {
    if (fleet.publishers.length > fleet.rooms.length) receiver.inspectOffsets();
    else receiver.inspect(bytes);
  }
}

/** Runs `work` and measures time and CPU around it, to the last delivery. */
export async function measured(
  fleet: Fleet,
  serverPid: number,
  work: (run: Run) => Promise<readonly number[]>,
): Promise<RunResult> {
  const run = new Run(fleet);
  const serverCpu = cpuOf(serverPid);
  const loadCpu = cpuOf(process.pid);
  const began = Bun.nanoseconds();
  const samples = await run.finish(() => work(run));
  const elapsed = (run.endedAt - began) / 1e6;
  const result = { elapsed, loadCpu: cpuOf(process.pid) - loadCpu, serverCpu: cpuOf(serverPid) - serverCpu };
  await run.verify();
  return {
    ...result,
    publications: run.published,
    deliveries: run.deliveries.count,
    deliveryLatencies: run.deliveries.counts(),
    lastLatencies: run.lasts.counts(),
    samples,
    sendDelays: run.delays.counts(),
  };
}
