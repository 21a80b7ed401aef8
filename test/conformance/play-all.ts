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

/** Whether a channel with history has a part in a conversation: without one nothing of it reaches a store. */
export function hasHistory({ config }: Recording, { steps }: Scenario): boolean {
  const { channel = {} } = JSON.parse(config);
  if (channel.without_namespace?.history_size > 0) return true;
  const names = (channel.namespaces ?? []).filter(({ history_size }: Kept) => Number(history_size) > 0);
  const text = JSON.stringify(steps);
  return names.some(({ name }: Kept) => text.includes(`${name}:`) || text.includes(`${name}%3A`));
}

interface Kept {
  readonly name: string;
  readonly history_size?: number;
}

/**
 * Plays every recording on a server with this engine, or with another one for each, as tests; `rule` is the promise.
 * `isMeant`: which conversations; all of them where it is absent. `differsHere`: those that are skipped on this engine, by
 * set and id, and why.
 */
export function playAll(
  rule: string,
  engine: LocalEngine | (() => RedisSpace),
  isMeant: (recording: Recording, scenario: Scenario) => boolean = () => true,
  differsHere: Readonly<Record<string, string>> = {},
): void {
  const isLocal = typeof engine === "string";
  for (const recording of recordings) {
    const { name } = recording;
    if (!isLocal && engineless.has(name)) continue;
    describe(`the recording ${name} on ${isLocal ? engine : "Redis"}`, () => {
      for (const scenario of recording.scenarios.filter((each) => isMeant(recording, each))) {
        const reason = reasonToSkip(recording, scenario) ?? differsHere[`${name}/${scenario.id}`];
        const remark = reason === undefined ? "" : ` (skipped: ${reason})`;
        const title = `[${rule}] ${name}/${scenario.id}: ${scenario.about}${remark}`;
        const run = async () => expect(await play(recording, scenario, isLocal ? engine : engine())).toBeNull();
        test.concurrent.skipIf(reason !== undefined)(title, run);
      }
    });
  }
}
