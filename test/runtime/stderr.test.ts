import { expect, setDefaultTimeout, test } from "bun:test";
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  type writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DescriptorSink } from "../../src/runtime/stderr.ts";
import { ManualClock } from "../support/clock.ts";
import { openHouse } from "../support/open-house.ts";
import { testTimeout } from "../support/patience.ts";
import { Probe } from "../support/probe.ts";
import { ChorusProcess } from "../support/process.ts";
import { startTestServer } from "../support/server.ts";
import { skipping } from "../support/skipping.ts";

setDefaultTimeout(testTimeout);

/** A port that is free at this moment, for a server whose log cannot be read. */
function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } });
  const { port } = listener;
  listener.stop(true);
  return port;
}

/** A server whose stderr goes to a file, and how to ask it. */
async function spawned(stderr: { path: string; bytesMax?: number }) {
  const port = freePort();
  const config = {
    ...openHouse,
    http_server: { address: "127.0.0.1", port },
    engine: { type: "memory" },
    prometheus: { key: "metrics" },
    // A line for each connection.
    log: { level: "debug" },
  };
  const server = await ChorusProcess.spawn({ config, stderr });
  const url = `http://127.0.0.1:${port}`;
  const ask = async (path: string): Promise<string> => {
    const headers = { Authorization: "Bearer metrics" };
    return await (await fetch(`${url}${path}`, { headers })).text();
  };
  // Its log does not say when it is up, so that it is asked until it answers.
  for (let isUp = false; !isUp; ) isUp = await ask("/healthz").then(Boolean, () => !server.isAlive);
  const dropped = async () => Number(/^chorus_log_lines_dropped_total (\d+)$/m.exec(await ask("/metrics"))?.[1]);
  const connect = async () => {
    const probe = await new Probe(`${url.replace("http", "ws")}/ws`).open();
    await probe.close(1000);
  };
  return { server, dropped, connect };
}

test("[SE61] with stderr on a full disk the server serves, counts the lines that it drops, and drains", async () => {
  const { server, dropped, connect } = await spawned({ path: "/dev/full" });
  await using _ = server;
  for (let count = 0; count < 20; count += 1) await connect();
  expect(await dropped()).toBeGreaterThan(20);
  server.signal("SIGTERM");
  expect(await server.ended()).toMatchObject({ code: 0 });
});

const isWithoutLimits = Bun.which("prlimit") === null;
const remark = skipping(isWithoutLimits ? "prlimit is not installed" : null);

const title = "[SE61] with a log at its size limit the server goes on, and logs again when there is room";
test.skipIf(isWithoutLimits)(title + remark, async () => {
  const folder = mkdtempSync(join(tmpdir(), "chorus-stderr-"));
  const path = join(folder, "log");
  const bytesMax = 4_096;
  const { server, dropped, connect } = await spawned({ path, bytesMax });
  await using _ = server;
  while ((await dropped()) < 10) await connect();
  expect(statSync(path).size).toBe(bytesMax);
  expect(Bun.spawnSync(["prlimit", `--pid=${server.pid}`, "--fsize=unlimited"]).exitCode).toBe(0);
  await connect();
  server.signal("SIGTERM");
  expect(await server.ended()).toMatchObject({ code: 0 });
  const events = readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    // The one that was cut stands alone.
    .flatMap((line) => (line.endsWith("}") ? [JSON.parse(line).event] : []));
  expect(events).toContain("process.signalled");
  expect(events.at(-1)).toBe("server.stopped");
  rmSync(folder, { recursive: true });
});

const isElsewhere = process.platform !== "linux";
const elsewhere = skipping(isElsewhere ? "the system is asked on Linux alone" : null);

const stalled = "[SE61] with stderr in a pipe that is not read the server goes on, and logs again when it is read";
test.skipIf(isElsewhere)(stalled + elsewhere, async () => {
  const folder = mkdtempSync(join(tmpdir(), "chorus-stderr-"));
  const path = join(folder, "pipe");
  expect(Bun.spawnSync(["mkfifo", path]).exitCode).toBe(0);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const { server, dropped, connect } = await spawned({ path });
  await using _ = server;
  while ((await dropped()) < 10) await connect();
  const piece = Buffer.alloc(1 << 20);
  while (readSync(reader, piece) === piece.length);
  server.signal("SIGTERM");
  expect(await server.ended()).toMatchObject({ code: 0 });
  const rest = piece.toString("utf8", 0, readSync(reader, piece));
  expect(rest).toContain("server.stopped");
  closeSync(reader);
  rmSync(folder, { recursive: true });
});

test("lines wait for a slow reader, and for one that does not read a second in all", () => {
  const clock = new ManualClock();
  let [waited, isReading] = [0, true];
  const hasRoom = (_: number, waitMs: number): boolean => {
    const given = isReading ? Math.min(waitMs, 300) : waitMs;
    clock.advance(given);
    waited += given;
    return isReading && waitMs > 0;
  };
  const write = (_: number, _bytes: Uint8Array, _from = 0, length = 0): number => length;
  const sink = new DescriptorSink(2, write as typeof writeSync, hasRoom, clock);
  sink.write("slow\n");
  expect([waited, sink.dropped]).toEqual([300, 0]);
  isReading = false;
  for (let count = 0; count < 5; count += 1) sink.write("stalled\n");
  expect([waited, sink.dropped]).toEqual([1_000, 5]);
});

test("a line that was cut in the middle is followed by a line of its own", () => {
  const taken: string[] = [];
  let room = 8;
  const write = (_: number, bytes: Uint8Array, offset = 0): number => {
    if (room === 0) throw Object.assign(new Error("no space"), { code: "ENOSPC" });
    const part = bytes.subarray(offset, offset + room);
    room -= part.length;
    taken.push(Buffer.from(part).toString());
    return part.length;
  };
  const sink = new DescriptorSink(2, write as typeof writeSync);
  sink.write("first\n");
  sink.write("second\n");
  sink.write("third\n");
  expect(sink.dropped).toBe(2);
  room = 1;
  sink.write("fourth\n");
  room = 100;
  sink.write("fifth\n");
  expect(taken.join("")).toBe("first\nse\nfifth\n");
  expect(sink.dropped).toBe(3);
});

test.each([
  ["throws", (): void => throwFull()],
  ["fails later", async (): Promise<void> => throwFull()],
])("[SE61] in a host whose own log %s the server serves, and counts the lines", async (_, fail) => {
  const log = { debug: fail, info: fail, warn: fail, error: fail };
  await using server = await startTestServer({}, { log });
  using probe = await new Probe(`${server.ws}/ws`).open();
  probe.send("x");
  await probe.close(1000);
  expect(await server.metric("chorus_log_lines_dropped_total")).toBeGreaterThan(0);
  expect(server.node.counters.crashes).toBe(0);
});

function throwFull(): never {
  throw new Error("the log is full");
}
