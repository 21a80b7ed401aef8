import { describe, expect, test } from "bun:test";
import { type DeadlineName, Deadlines, deadlineResolution } from "../../actors/deadlines.ts";
import { milliseconds } from "../../src/core/time.ts";
import { ManualClock } from "../support/clock.ts";

const second = milliseconds(1_000);

/** Deadlines on a clock that stands, and the names that were told, in order. */
function started() {
  const clock = new ManualClock();
  const deadlines = new Deadlines(clock);
  const told: string[] = [];
  const set = (name: DeadlineName, delay = second) => deadlines.set({ send: () => told.push(name) }, name, delay);
  const sweepAfter = (passed: number) => {
    clock.advance(passed);
    deadlines.sweep();
    return told.splice(0);
  };
  /** Lets time pass in steps of one sweep. */
  const pass = (passed: number) => {
    for (let rest = passed; rest > 0; rest -= deadlineResolution) {
      clock.advance(deadlineResolution);
      deadlines.sweep();
    }
    return told.splice(0);
  };
  const sweepWall = () => {
    deadlines.sweepWall();
    return told.splice(0);
  };
  return { clock, deadlines, told, set, sweepAfter, pass, sweepWall };
}

test("of two deadlines of one instant the second is not told where the first has cancelled it", () => {
  const { deadlines, told, set, pass } = started();
  const first = deadlines.set({ send: () => told.push("first") && deadlines.cancel(last) }, "pong", second);
  const last = set("ping");
  deadlines.cancel(set("flush"));
  expect(pass(1_500)).toEqual(["first"]);
  deadlines.cancel(first);
  expect(deadlines.size).toBe(0);
});

describe("after a blocked event loop", () => {
  test("[SE24] handshakes and pongs are deferred by one sweep, and every other deadline is told", () => {
    const { set, sweepAfter, deadlines } = started();
    const names = ["handshake", "pong", "expiry", "subscriptions", "ping", "positions", "flush", "batch"] as const;
    for (const name of names) set(name);
    expect(sweepAfter(5_000)).toEqual(["expiry", "subscriptions", "ping", "positions", "flush", "batch"]);
    expect(sweepAfter(50)).toEqual(["handshake", "pong"]);
    expect(deadlines.size).toBe(0);
  });

  test("each is deferred once, however long the overload lasts", () => {
    const { set, sweepAfter } = started();
    set("handshake", milliseconds(600));
    set("pong", milliseconds(700));
    expect(sweepAfter(800)).toEqual([]);
    set("pong", milliseconds(100));
    expect(sweepAfter(800)).toEqual(["handshake", "pong"]);
    expect(sweepAfter(800)).toEqual(["pong"]);
  });

  test("a deferred deadline can still be cancelled: what was sent in time has been read", () => {
    const { deadlines, set, sweepAfter } = started();
    const pong = set("pong");
    expect(sweepAfter(5_000)).toEqual([]);
    deadlines.cancel(pong);
    expect(sweepAfter(50)).toEqual([]);
    expect(deadlines.size).toBe(0);
  });
});

describe("expiries and the wall clock", () => {
  test("a clock that is set forward ends what has expired by it, and no other deadline", () => {
    const { clock, set, sweepWall, deadlines } = started();
    for (const name of ["expiry", "subscriptions", "pong", "handshake", "ping"] as const) set(name);
    set("expiry", milliseconds(3_600_000));
    clock.jump(60_000);
    expect(sweepWall()).toEqual(["expiry", "subscriptions"]);
    expect(deadlines.size).toBe(4);
    expect(sweepWall()).toEqual([]);
  });

  test("a clock that is set back extends none: the time that has passed ends it", () => {
    const { clock, set, pass, sweepWall } = started();
    set("expiry");
    clock.jump(-3_600_000);
    expect(sweepWall()).toEqual([]);
    expect(pass(1_000)).toEqual(["expiry"]);
  });

  test("an expiry that is cancelled, or told by one clock, is not told by the other", () => {
    const { clock, deadlines, set, pass, sweepWall } = started();
    deadlines.cancel(set("expiry"));
    set("subscriptions");
    clock.jump(2_000);
    expect(sweepWall()).toEqual(["subscriptions"]);
    expect(pass(3_000)).toEqual([]);
  });
});
