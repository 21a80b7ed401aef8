import { heapStats } from "bun:jsc";
import { startWithParts } from "../../test/support/start.ts";

// Chorus through the door that applications use, in a process that answers questions about itself on standard input:
// the only way to look at its heap and at the maps that have to be empty when everyone has gone.

const file = process.argv[2];
if (!file) throw new Error("which configuration?");
// The file is the bench's own, written a moment ago in this shape; startServer validates it all the same.
const config = (await Bun.file(file).json()) as Parameters<typeof startWithParts>[0];
const { url, node } = startWithParts(config);
console.log(`listening ${new URL(url).port}`);

function heap(): number {
  Bun.gc(true);
  return heapStats().heapSize;
}

function rest() {
  const { connections, users } = node.registry.count();
  return {
    members: connections,
    users,
    channels: node.subscribers.size,
    deadlines: node.deadlines.size,
    stalled: node.slow.size,
  };
}

for await (const question of console) {
  if (question === "heap") console.log(`heap ${heap()}`);
  if (question === "rest") console.log(`rest ${JSON.stringify(rest())}`);
}
