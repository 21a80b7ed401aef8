import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

let folder: string | null = null;
let files = 0;

/** A path for the push log of one server: two servers cannot have one file. The folder goes when the tests do. */
export function freshPushPath(): string {
  if (folder === null) {
    const made = mkdtempSync(join(tmpdir(), "chorus-push-"));
    folder = made;
    process.on("exit", () => rmSync(made, { recursive: true, force: true }));
  }
  files += 1;
  return join(folder, `push-${files}.db`);
}
