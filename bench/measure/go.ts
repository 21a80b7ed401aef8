import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Debian's `golang` puts it on the PATH; an archive from go.dev is unpacked here by its own instructions. */
const usualPlace = "/usr/local/go/bin/go";

/** The Go tool, or null where it is not installed. */
export function findGo(): string | null {
  return Bun.which("go") ?? (existsSync(usualPlace) ? usualPlace : null);
}

const built = new Map<string, Promise<string>>();

/** Builds a Go program of `bench/`, once a run of the suite; returns the binary. Throws Go's last line where that fails. */
export function buildGo(go: string, source: string): Promise<string> {
  const known = built.get(source) ?? build(go, join(import.meta.dir, "..", source));
  built.set(source, known);
  return known;
}

/** Builds outside of the repository, in a folder that is removed when the suite ends. */
async function build(go: string, cwd: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "chorus-go-"));
  const binary = join(folder, "program");
  const compiler = Bun.spawn([go, "build", "-o", binary, "."], { cwd, stdio: ["ignore", "pipe", "pipe"] });
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const output = await new Response(compiler.stderr).text();
  if ((await compiler.exited) !== 0) throw new Error(output.trim().split("\n").at(-1) ?? "go build failed");
  return binary;
}
