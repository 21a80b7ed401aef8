import { readFileSync } from "node:fs";

/** Milliseconds a tick of /proc/<pid>/stat stands for: USER_HZ is 100 on every Linux that people run. */
const tick = 10;

/** Milliseconds of CPU that a process has used, all threads, from the text of its /proc/<pid>/stat (proc(5)). */
export function parseCpu(stat: string): number {
  // The second field is the command in brackets and may itself contain spaces and brackets: count from the last one.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * tick;
}

/** Bytes resident, from the text of /proc/<pid>/status. */
export function parseRss(status: string): number {
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(status);
  if (!found) throw new Error("no VmRSS in /proc/<pid>/status: is the process gone?");
  return Number(found[1]) * 1024;
}

/** Milliseconds of CPU that the process and those that it has started have used so far. */
export function cpuOf(pid: number): number {
  return sumOf(pid, (each) => parseCpu(readFileSync(`/proc/${each}/stat`, "utf8")));
}

/** Bytes that they have in memory; what the kernel holds for their sockets is not in it. */
export function rssOf(pid: number): number {
  return sumOf(pid, (each) => parseRss(readFileSync(`/proc/${each}/status`, "utf8")));
}

function sumOf(pid: number, read: (pid: number) => number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  return children.reduce((sum, child) => sum + sumOf(child, read), read(pid));
}
