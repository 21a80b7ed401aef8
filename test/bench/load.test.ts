import { afterEach, describe, expect, test } from "bun:test";
import { closedLoop } from "../../bench/load/closed.ts";
import { Fleet } from "../../bench/load/fleet.ts";
import { openLoop } from "../../bench/load/open.ts";
import { type Account, Room } from "../../bench/load/room.ts";
import { Histogram } from "../../bench/measure/histogram.ts";
import { plain } from "../../bench/speech/plain.ts";

function account(): Account & { whole: number } {
  return {
    deliveries: new Histogram(),
    lasts: new Histogram(),
    whole: 0,
    completed() {
      this.whole += 1;
    },
  };
}

describe("a room", () => {
  test("a publication is complete when the last of three has it, and each delivery is recorded", () => {
    const room = new Room("c", 8);
    room.size = 3;
    const kept = account();
    room.report(kept);
    expect(room.publish(1_000)).toBe(0);
    expect(room.publish(2_000)).toBe(1);
    room.arrived(0, 2, 10_000);
    room.arrived(0, 1, 20_000);
    expect(kept.whole).toBe(0);
    room.arrived(0, 2, 30_000);
    expect(kept.whole).toBe(1);
    room.arrived(1, 2, 40_000);
    expect(kept.whole).toBe(2);
    expect(kept.deliveries.count).toBe(6);
    expect(kept.lasts.count).toBe(2);
    expect(kept.lasts.percentile(1) / 38_000).toBeCloseTo(1, 1);
  });

  test("more than was published, and more under way than fits, are errors", () => {
    const room = new Room("c", 2);
    room.size = 1;
    room.report(account());
    room.publish(0);
    room.publish(0);
    expect(() => room.publish(0)).toThrow("keep up");
    room.arrived(0, 2, 1);
    expect(() => room.arrived(2, 3, 1)).toThrow("more messages");
  });
});

/** What becomes of the n-th message on its way to the receivers: the frames that are sent in its place. */
type Fault = (message: string, count: number) => string[];

/** A server that broadcasts what it is sent, but for the fault. */
function faultyServer(fault: Fault) {
  let count = 0;
  return Bun.serve<undefined>({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request, server) => (server.upgrade(request) ? undefined : new Response("", { status: 400 })),
    websocket: {
      open: (socket) => void socket.subscribe("all"),
      message(socket, message) {
        count += 1;
        for (const text of fault(String(message), count)) {
          if (text === "close") socket.close(1011);
          else socket.publish("all", text);
        }
      },
    },
  });
}

/** What a run failed with. */
async function rejection(run: Promise<unknown>): Promise<string> {
  return run.then(
    () => "it did not fail",
    (error: Error) => error.message,
  );
}

const honest: Fault = (message) => [message];

describe("a run", () => {
  const cleanUps: (() => void)[] = [];
  afterEach(() => {
    for (const cleanUp of cleanUps.splice(0)) cleanUp();
  });

  async function fleetOn(fault: Fault): Promise<Fleet> {
    const server = faultyServer(fault);
    const port = server.port ?? 0;
    const fleet = new Fleet({ port, speech: plain("/"), channels: ["bench"], publishers: 1, silenceMsMax: 100 });
    cleanUps.push(() => {
      fleet.end();
      void server.stop(true);
    });
    await fleet.begin();
    await fleet.resize(5);
    return fleet;
  }

  test("a closed loop finds every message, one at a time and many in flight, whatever their size", async () => {
    const fleet = await fleetOn(honest);
    for (const window of [1, 20]) {
      for (const bytes of [64, 20_000]) {
        const result = await closedLoop(fleet, process.pid, { window, duration: 20, bytes });
        expect(result.publications).toBeGreaterThanOrEqual(window);
        expect(result.deliveries).toBe(result.publications * 5);
        expect(new Histogram().add(result.deliveryLatencies).count).toBe(result.deliveries);
      }
    }
  });

  test("an open loop publishes as often as it was told, also after receivers have come and gone", async () => {
    const fleet = await fleetOn(honest);
    await fleet.resize(8);
    await fleet.resize(3);
    const result = await openLoop(fleet, process.pid, { rate: 500, duration: 60, bytes: 64 });
    expect(result.publications).toBe(30);
    expect(result.deliveries).toBe(90);
  });

  test("a message that nobody gets is found out", async () => {
    const fleet = await fleetOn((message, count) => (count === 10 ? [] : [message]));
    const run = closedLoop(fleet, process.pid, { window: 1, duration: 60_000, bytes: 64 });
    expect(await rejection(run)).toContain("lost");
  });

  test("a message that comes twice is found out", async () => {
    const fleet = await fleetOn((message, count) => (count === 10 ? [message, message] : [message]));
    const run = closedLoop(fleet, process.pid, { window: 1, duration: 60_000, bytes: 64 });
    expect(await rejection(run)).toMatch(/more messages came|lost or out of order/);
  });

  test("a connection that the server closes is found out", async () => {
    const fleet = await fleetOn((message, count) => (count === 10 ? ["close"] : [message]));
    const run = closedLoop(fleet, process.pid, { window: 1, duration: 60_000, bytes: 64 });
    expect(await rejection(run)).toContain("closed");
  });

  test("two messages that are swapped are found out", async () => {
    let kept = "";
    const swap: Fault = (message, count) => {
      if (count < 10) return [message];
      if (kept === "") {
        kept = message;
        return [];
      }
      const swapped = [message, kept];
      kept = "";
      return swapped;
    };
    const fleet = await fleetOn(swap);
    const run = closedLoop(fleet, process.pid, { window: 20, duration: 60_000, bytes: 64 });
    expect(await rejection(run)).toContain("lost or out of order");
  });
});
