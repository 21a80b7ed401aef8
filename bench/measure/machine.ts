import { readFileSync } from "node:fs";
import { arch, cpus, release, totalmem } from "node:os";

/** Where figures were taken: no figure means anything without it. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly kernel: string;
  readonly arch: string;
  /** Version by name of what took part; null where it is absent. */
  readonly versions: Readonly<Record<string, string | null>>;
  /** The load averages when the run began: what else was going on. */
  readonly loadAverage: readonly number[];
}

/** Reads the machine. */
export async function readMachine(go: string | null): Promise<Machine> {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryBytes: totalmem(),
    kernel: release(),
    arch: arch(),
    loadAverage: readFileSync("/proc/loadavg", "utf8").split(" ").slice(0, 3).map(Number),
    versions: {
      bun: Bun.version,
      node: await versionOf("node", "--version"),
      go: go ? await versionOf(go, "version") : null,
      ws: await packageVersion("ws"),
      "socket.io": await packageVersion("socket.io"),
      chorus: await commit(),
    },
  };
}

async function versionOf(...argv: string[]): Promise<string | null> {
  try {
    const process = Bun.spawn(argv, { stdio: ["ignore", "pipe", "ignore"], cwd: import.meta.dir });
    const text = await new Response(process.stdout).text();
    return (await process.exited) === 0 ? text.trim() : null;
  } catch {
    // The program is absent, which is what null says.
    return null;
  }
}

function commit(): Promise<string | null> {
  return versionOf("git", "describe", "--always", "--dirty");
}

async function packageVersion(name: string): Promise<string | null> {
  const file = Bun.file(new URL(`../../node_modules/${name}/package.json`, import.meta.url));
  if (!(await file.exists())) return null;
  const { version } = await file.json();
  return String(version);
}
