import type { Fleet } from "./fleet.ts";
import { measured, pilot, type Run, type RunResult } from "./run.ts";

/** An open loop: publications at a fixed rate, whether or not the server keeps up. */
export interface OpenLoop {
  /** Publications a second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly duration: number;
  readonly bytes: number;
}

/** Below this many milliseconds a timer is too coarse, and the loop turns until it is time. */
const timerMs = 2;

/**
 * Latency counts from the moment a publication was due, not from when it was sent: otherwise a server that stands
 * still for a second would be charged for one slow publication instead of all that were due in that second.
 */
export async function openLoop(fleet: Fleet, serverPid: number, loop: OpenLoop): Promise<RunResult> {
  await pilot(fleet, loop.bytes);
  return measured(fleet, serverPid, async (run) => {
    await publishOnTime(run, loop);
    return [];
  });
}

async function publishOnTime(run: Run, { rate, duration }: OpenLoop): Promise<void> {
  const interval = 1e9 / rate;
  const count = Math.max(1, Math.round((rate * duration) / 1000));
  const began = Bun.nanoseconds() + interval;
  for (let index = 0; index < count; ) {
    const now = Bun.nanoseconds();
    for (; index < count && began + index * interval <= now; index++) {
      run.publish(began + index * interval);
      run.delays.record(now - (began + index * interval));
    }
    run.flush();
    await until(began + index * interval);
  }
}

/** Waits, leaving the event loop to the receivers. */
async function until(due: number): Promise<void> {
  const left = (due - Bun.nanoseconds()) / 1e6;
  if (left > timerMs) await Bun.sleep(left - timerMs);
  else await new Promise((resolve) => setImmediate(resolve));
}
