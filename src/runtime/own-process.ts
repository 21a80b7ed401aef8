import { availableParallelism } from "node:os";

/** A process that was started. */
export interface ChildProcess {
  readonly pid: number;
  kill(signal: "SIGKILL"): void;
}

/** How a process has ended: by itself with a code, or by a signal. */
export interface ChildEnd {
  readonly code: number | null;
  readonly signal: string | null;
}

/** Processors that this process may use. */
export function processors(): number {
  return availableParallelism();
}

/**
 * Starts this program once more, with other arguments, in the same folder and with the same environment; what it writes
 * goes where this process writes to. A compiled program is its own file, otherwise the runtime is started with the main
 * module.
 */
export function startOwnProgram(args: readonly string[], ended: (end: ChildEnd) => void): ChildProcess {
  const isCompiled = Bun.main.startsWith("/$bunfs/");
  const program = isCompiled ? [process.execPath] : [process.execPath, ...process.execArgv, Bun.main];
  const child = Bun.spawn([...program, ...args], {
    stdio: ["ignore", "inherit", "inherit"],
    env: process.env,
    onExit: (_, code, signal) => ended({ code, signal: signal === null ? null : String(signal) }),
  });
  return { pid: child.pid, kill: (signal) => child.kill(signal) };
}
