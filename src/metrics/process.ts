import type { Series } from "./series.ts";

/** What Prometheus' own clients report of a process, by their names. */
export function processSeries(files: { openFiles(): number; openFilesLimit(): number }): Series[] {
  const startedAt = Math.round(performance.timeOrigin / 1000);
  return [
    {
      name: "process_cpu_seconds_total",
      help: "User and system time of the process, in seconds.",
      read: () => cpuSeconds(),
    },
    { name: "process_resident_memory_bytes", help: "Memory of the process.", read: () => process.memoryUsage.rss() },
    { name: "process_start_time_seconds", help: "Start of the process since 1970, in seconds.", read: () => startedAt },
    { name: "process_open_fds", help: "Open files; every connection is one.", read: files.openFiles },
    { name: "process_max_fds", help: "Open files that the process may have.", read: files.openFilesLimit },
  ];
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000_000;
}
