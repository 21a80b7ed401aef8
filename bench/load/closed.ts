import { measure } from "mitata";
import { thin } from "../measure/spread.ts";
import type { Fleet } from "./fleet.ts";
import { measured, pilot, type Run, type RunResult } from "./run.ts";

/** A closed loop: so many publications under way at any time, and a new one as soon as one has reached everyone. */
export interface ClosedLoop {
  readonly window: number;
  /** Milliseconds; the last publications may take it a little over. */
  readonly duration: number;
  /** Bytes of a payload. */
  readonly bytes: number;
}

/** Raw samples of a run that are kept. */
const samplesMax = 500;

/** Runs one closed loop over the fleet. */
export async function closedLoop(fleet: Fleet, serverPid: number, loop: ClosedLoop): Promise<RunResult> {
  await pilot(fleet, loop.bytes);
  return measured(fleet, serverPid, (run) => (loop.window === 1 ? oneAtATime(run, loop) : inFlight(run, loop)));
}

/** mitata takes the time: an iteration is one broadcast, until the last receiver has it. */
async function oneAtATime(run: Run, { duration }: ClosedLoop): Promise<readonly number[]> {
  const broadcast = async () => {
    run.publish(Bun.nanoseconds());
    run.flush();
    await run.below(1);
  };
  const { samples } = await measure(broadcast, {
    min_cpu_time: duration * 1e6,
    min_samples: 1,
    // Every iteration is a sample of its own, and none is thrown away: the slowest are what p99.9 is about.
    batch_threshold: -1,
    samples_threshold: Number.POSITIVE_INFINITY,
    gc: false,
  });
  return thin(samples, samplesMax);
}

/**
 * A sliding window, for which mitata has no form. Publications that can go at once are written at once, right before
 * the loop would wait, and have one time: that of the moment when there was room for them.
 */
async function inFlight(run: Run, { duration, window }: ClosedLoop): Promise<readonly number[]> {
  const end = Bun.nanoseconds() + duration * 1e6;
  const waits: number[] = [];
  for (let now = Bun.nanoseconds(); now < end; ) {
    while (run.outstanding < window) run.publish(now);
    run.flush();
    await run.below(window);
    const then = now;
    now = Bun.nanoseconds();
    waits.push(now - then);
  }
  return thin(waits, samplesMax);
}
