import { readFileSync } from "node:fs";

/**
 * How many files the process may have open; every connection is one. Infinity where the system does not say. Linux
 * tells it under /proc; elsewhere a shell inherits the limit and is asked.
 */
export function openFilesMax(): number {
  const soft = fromProc() ?? fromShell();
  return soft === null || soft === "unlimited" ? Number.POSITIVE_INFINITY : Number(soft);
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
