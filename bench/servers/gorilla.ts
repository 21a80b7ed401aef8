import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "./server-process.ts";

const source = join(import.meta.dir, "../peers/gorilla");

/** Debian's `golang` puts it on the PATH; an archive from go.dev is unpacked here by its own instructions. */
const usualPlace = "/usr/local/go/bin/go";

/** The Go tool, or null where there is none. */
export function findGo(): string | null {
  return Bun.which("go") ?? (existsSync(usualPlace) ? usualPlace : null);
}

let built: Promise<string> | null = null;

/** The hub, built once a run of the suite. Throws with Go's own words where that fails. */
export async function gorillaCommand(go: string): Promise<Command> {
  built ??= build(go);
  return { argv: [await built], ready: /^listening (\d+)$/ };
}

/** Builds the hub outside of the repository, in a folder that goes when the suite ends; returns the binary. */
async function build(go: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "chorus-gorilla-"));
  const binary = join(folder, "hub");
  const compiler = Bun.spawn([go, "build", "-o", binary, "."], { cwd: source, stdio: ["ignore", "pipe", "pipe"] });
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const said = await new Response(compiler.stderr).text();
  if ((await compiler.exited) !== 0) throw new Error(said.trim().split("\n").at(-1) ?? "go build failed");
  return binary;
}
