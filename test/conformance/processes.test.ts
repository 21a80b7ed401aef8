import { expect, setDefaultTimeout, test } from "bun:test";
import { patience } from "../support/patience.ts";
import { ChorusProcess } from "../support/process.ts";
import { describeSlow } from "../support/slow.ts";
import { reasonToSkip } from "./play-all.ts";
import { Conversation } from "./player/conversation.ts";
import { perform } from "./player/player.ts";
import { readRecording } from "./player/recording.ts";
import type { ConversationTime } from "./player/waiting.ts";

setDefaultTimeout(patience * 12);

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** The time of a server in another process passes by itself. */
const time: ConversationTime = { clock: { wall: () => Date.now() }, advance: sleep, sleep };

describeSlow("recordings on a node of two processes", () => {
  test.concurrent.each(["general", "streams", "delta"])("[MP16] %s", async (set) => {
    const recording = await readRecording(set);
    const { http_server: _, ...config } = JSON.parse(recording.config);
    const own = { http_server: { port: 0 }, node: { processes: 2 }, engine: { type: "memory" } };
    await using process = await ChorusProcess.spawn({ config: { ...config, ...own } });
    const url = await process.url();
    const differences: unknown[] = [];
    for (const scenario of recording.scenarios) {
      if (reasonToSkip(recording, scenario) !== undefined) continue;
      const conversation = new Conversation(url, time);
      const difference = await perform(conversation, set, scenario);
      conversation.end();
      if (difference) differences.push([scenario.id, difference]);
    }
    expect(differences).toEqual([]);
  });
});
