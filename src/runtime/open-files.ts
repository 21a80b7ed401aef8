import { readdirSync, readFileSync, statSync } from "node:fs";

/**
 * How many files the process may have open; every connection is one. Infinity where the system does not say. Linux
 * tells it under /proc; elsewhere a shell inherits the limit and is asked.
 */
export function openFilesMax(): number {
  const soft = fromProc() ?? fromShell();
  return soft === null || soft === "unlimited" ? Number.POSITIVE_INFINITY : Number(soft);
}

/**
 * How many files the process has open, sockets among them; 0 where the system does not say. Since Linux 6.2 their number
 * is the size of the folder, which costs no more with 50,000 of them; an older one lists them.
 */
export function openFiles(): number {
  try {
    return statSync("/proc/self/fd").size || readdirSync("/proc/self/fd").length;
  } catch {
    return 0;
  }
}

function fromProc(): string | null {
  try {
    return /^Max open files\s+(\S+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1] ?? null;
  } catch {
    return null;
  }
}

function fromShell(): string | null {
  const { success, stdout } = Bun.spawnSync(["sh", "-c", "ulimit -n"]);
  const text = stdout.toString().trim();
  return success && /^(?:\d+|unlimited)$/.test(text) ? text : null;
}
