import { measure } from "mitata";
import { thin } from "../measure/spread.ts";
import type { Fleet } from "./fleet.ts";
import { measured, pilot, type RunResult } from "./run.ts";

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

/**
 * mitata takes the time: an iteration publishes one and waits until there is room for the next. With a window of one
 * that is a broadcast to everyone; with more, the time between two completions, and frames that can go at once are
 * written at once, right before the loop would wait.
 */
export async function closedLoop(fleet: Fleet, serverPid: number, loop: ClosedLoop): Promise<RunResult> {
  await pilot(fleet, loop.bytes);
  return measured(fleet, serverPid, async (run) => {
    const step = async () => {
      run.publish(Bun.nanoseconds());
      if (run.outstanding < loop.window) return;
      run.flush();
      await run.below(loop.window);
    };
    const stats = await measure(step, {
      min_cpu_time: loop.duration * 1e6,
      min_samples: 1,
      // Every iteration is a sample of its own, and none is thrown away: the slowest are what p99.9 is about.
      batch_threshold: -1,
      samples_threshold: Number.POSITIVE_INFINITY,
      gc: false,
    });
    return thin(stats.samples, samplesMax);
  });
}
