import type { Clock } from "../core/clock.ts";

/** What the process uses: percent of one core since the last call, and bytes of resident memory. */
export function createUsage(clock: Pick<Clock, "monotonic">): () => { readonly cpu: number; readonly rss: number } {
  let usage = process.cpuUsage();
  let calledAt: number = clock.monotonic();
  return () => {
    const now = clock.monotonic();
    const { user, system } = process.cpuUsage(usage);
    const passed = Math.max(1, now - calledAt);
    usage = process.cpuUsage();
    calledAt = now;
    return { cpu: Math.round(((user + system) / 1000 / passed) * 1000) / 10, rss: process.memoryUsage.rss() };
  };
}
