import { expect, test } from "bun:test";
import { Nodes } from "../../src/cluster/nodes.ts";
import { Surveys } from "../../src/cluster/surveys.ts";
import type { Frame } from "../../src/core/frame.ts";
import { createOtherSessions } from "../../src/sockets/streams/other-sessions.ts";
import { Sessions } from "../../src/sockets/streams/sessions.ts";
import type { StreamSocket } from "../../src/sockets/streams/stream-socket.ts";
import { LocalBuses } from "../cluster/local-bus.ts";
import { CapturedLog } from "../support/captured-log.ts";
import { ManualClock } from "../support/clock.ts";
import { ManualTimers } from "../support/timers.ts";

test("[ND6] commands of text and of bytes arrive at the node of their session as they were sent", async () => {
  const buses = new LocalBuses(new ManualTimers());
  const executed: Frame[] = [];
  const [one] = ["one", "other"].map((node) => {
    const { cluster, bus } = buses.join(node);
    const describe = () => ({ name: node, version: "1", clients: 0, users: 0, channels: 0 });
    const nodes = new Nodes({ cluster, clock: new ManualClock(), log: new CapturedLog().log, describe });
    const sessions = new Sessions();
    // Of a socket only its protocol is looked at.
    sessions.add("s", { protocol: { isBinary: true } } as StreamSocket);
    const execute = (_: StreamSocket, frame: Frame) => void (node === "other" && executed.push(frame));
    const handed = createOtherSessions(new Surveys(cluster, nodes), { sessions, execute });
    return { handed, bus };
  });
  one?.bus.connected();
  const frames = ["é\n{}", new Uint8Array([0, 10, 255])];
  for (const [index, data] of frames.entries()) {
    expect(await one?.handed.handOver({ session: "s", node: "other", data }, index === 1)).toBe(true);
  }
  expect(executed).toEqual(frames);
  expect(await one?.handed.handOver({ session: "none", node: "other", data: "{}" }, false)).toBe(true);
  expect(await one?.handed.handOver({ session: "s", node: "other", data: null }, false)).toBe(true);
  expect(executed).toHaveLength(2);
  expect(await one?.handed.handOver({ session: "s", node: "third", data: "{}" }, false)).toBe(false);
});
