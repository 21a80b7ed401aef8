import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { skipping } from "./skipping.ts";

const isOn = process.env["CHORUS_TEST_PACKAGE"] === "1";

/** Whether tests of the binary run. */
export const withoutBinary = !isOn;

/** For the title of a test of the binary. */
export const binaryRemark = skipping(isOn ? null : "CHORUS_TEST_PACKAGE=1 builds the binary and runs it");

let built: Promise<string> | null = null;

/** The binary for this machine, built once for all tests; it goes with the process. */
export function binary(): Promise<string> {
  built ??= build();
  return built;
}

async function build(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "chorus-binary-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const child = Bun.spawn(["bun", "run", "build:binary", "--out", folder], { stdout: "ignore", stderr: "pipe" });
  const words = await new Response(child.stderr).text();
  if ((await child.exited) !== 0) throw new Error(`the binary cannot be built: ${words}`);
  return join(folder, "chorus");
}
