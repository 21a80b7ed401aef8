import { describe, expect, test } from "bun:test";
import type { RedisSpace } from "../support/redis-space.ts";
import { type LocalEngine, play } from "./player/player.ts";
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

const recordings = await Promise.all(sets.map(readRecording));

/** Sets that no engine has a part in: they are not played on Redis. */
const engineless = new Set(["hooks", "hooks2"]);

/** What is not done yet, and which work does it. */
const later: Readonly<Record<string, string>> = {};

/** Why a conversation is not played; undefined where it is. */
export function reasonToSkip({ name }: Recording, { id }: Scenario): string | undefined {
  if (id.startsWith("quirk-")) return "a mistake of that server";
  return differs[`${name}/${id}`] ?? later[`${name}/${id}`];
}

/** Plays every recording on a server with this engine, or with another one for each, as tests; `rule` is the promise. */
export function playAll(rule: string, engine: LocalEngine | (() => RedisSpace)): void {
  const isLocal = typeof engine === "string";
  for (const recording of recordings) {
    const { name } = recording;
    if (!isLocal && engineless.has(name)) continue;
    describe(`the recording ${name} on ${isLocal ? engine : "Redis"}`, () => {
      for (const scenario of recording.scenarios) {
        const reason = reasonToSkip(recording, scenario);
        const remark = reason === undefined ? "" : ` (skipped: ${reason})`;
        const title = `[${rule}] ${name}/${scenario.id}: ${scenario.about}${remark}`;
        const run = async () => expect(await play(recording, scenario, isLocal ? engine : engine())).toBeNull();
        test.concurrent.skipIf(reason !== undefined)(title, run);
      }
    });
  }
}
