import { describe, expect, test } from "bun:test";
import { type Engine, play } from "./player/player.ts";
import { differs, type Recording, readRecording, type Scenario } from "./player/recording.ts";

/** The sets that are played. */
const sets = [
  "main",
  "strict",
  "timers",
  "insecure",
  "general",
  "protobuf",
  "streams",
  "filters",
  "uni",
  "unicodes",
  "delta",
  "edge",
  "hooks",
  "hooks2",
];

/** Sets that no engine has a part in: they are played on one. */
const engineless = new Set(["hooks", "hooks2"]);

/** What is not done yet, and which work does it. */
const later: Readonly<Record<string, string>> = {};

function reasonToSkip({ name }: Recording, { id }: Scenario): string | undefined {
  if (id.startsWith("quirk-")) return "a mistake of that server";
  return differs[`${name}/${id}`] ?? later[`${name}/${id}`];
}

/** Plays every recording on a server with this engine, each as a test; `rule` is the promise. */
export async function playAll(rule: string, engine: Engine): Promise<void> {
  for (const name of sets) {
    if (engine === "sqlite" && engineless.has(name)) continue;
    const recording = await readRecording(name);
    describe(`the recording ${name} on ${engine}`, () => {
      for (const scenario of recording.scenarios) {
        const reason = reasonToSkip(recording, scenario);
        const remark = reason === undefined ? "" : ` (skipped: ${reason})`;
        const title = `[${rule}] ${name}/${scenario.id}: ${scenario.about}${remark}`;
        const run = async () => expect(await play(recording, scenario, engine)).toBeNull();
        // One conversation in some ten thousand is a ping late, and its cause is not found: it is played once more.
        test.concurrent.skipIf(reason !== undefined)(title, run, { retry: 1 });
      }
    });
  }
}
