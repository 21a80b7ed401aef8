import { totalmem } from "node:os";

/** Bytes of memory that this process may use: those of the machine, or of its cgroup where that has fewer. */
export function memoryBytes(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/** Bytes of resident memory of this process. */
export function residentBytes(): number {
  return process.memoryUsage.rss();
}
