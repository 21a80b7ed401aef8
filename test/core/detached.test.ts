import { heapStats } from "bun:jsc";
import { expect, test } from "bun:test";
import { centrifugeJson } from "../support/protocols.ts";

/** Many, so that what other tests of the process leave or free is far below the bound. */
const sizes: [frameBytes: number, frames: number][] = [
  [65_536, 1_000],
  [512, 50_000],
];

/** Bytes outside of the heap's cells after a collection: texts. */
function textBytes(): number {
  Bun.gc(true);
  return heapStats().extraMemorySize;
}

test.each(sizes)("what is kept of a frame of %d bytes does not keep the frame in memory", (frameBytes, frames) => {
  const kept: unknown[] = [];
  const before = textBytes();
  for (let index = 0; index < frames; index += 1) {
    const command = `{"id":1,"publish":{"channel":"channel ${index}","data":"payload ${String(index).padStart(20)}"}}`;
    const padding = Buffer.alloc(frameBytes - command.length, 97 + (index % 26)).toString();
    const padded = `${command.slice(0, -1)},"unknown":"${padding}"}`;
    const [publish] = centrifugeJson.decode(padded, "").commands;
    if (publish?.method === "publish") kept.push(publish.channel, publish.data.read());
  }
  expect(kept.length).toBe(2 * frames);
  expect(textBytes() - before).toBeLessThan((frames * frameBytes) / 3);
});
