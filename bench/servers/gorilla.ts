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

/** Builds the hub outside of the repository. Throws with Go's own words where that fails. */
export async function gorillaCommand(go: string): Promise<Command> {
  const folder = mkdtempSync(join(tmpdir(), "chorus-gorilla-"));
  const binary = join(folder, "hub");
  const build = Bun.spawn([go, "build", "-o", binary, "."], { cwd: source, stdio: ["ignore", "pipe", "pipe"] });
  const said = await new Response(build.stderr).text();
  const cleanUp = () => rmSync(folder, { recursive: true, force: true });
  if ((await build.exited) !== 0) {
    cleanUp();
    throw new Error(said.trim().split("\n").at(-1) ?? "go build failed");
  }
  return { argv: [binary], ready: /^listening (\d+)$/, cleanUp };
}
