import { expect, test } from "bun:test";
import { Nodes } from "../../src/cluster/nodes.ts";
import { CapturedLog } from "../support/captured-log.ts";
import { ManualTime } from "../support/manual-time.ts";
import { LocalBuses } from "./local-bus.ts";

/** Three nodes that know each other; each is looked after once a second. */
function threeNodes() {
  const { clock, timers, ...time } = new ManualTime();
  const buses = new LocalBuses(timers);
  const gone: string[] = [];
  const all = ["one", "two", "three"].map((id) => {
    const { cluster, bus } = buses.join(id);
    const describe = () => ({ name: `name of ${id}`, version: "1.0.0", clients: 2, users: 1, channels: 3 });
    const nodes = new Nodes({ cluster, clock, log: new CapturedLog().log, describe });
    nodes.onGone((node) => gone.push(`${id} loses ${node}`));
    return { nodes, bus, isPaused: false };
  });
  for (const { bus } of all) bus.connected();
  const pass = (seconds: number) => {
    for (let n = 0; n < seconds; n++) {
      clock.advance(1_000);
      for (const { nodes, isPaused } of all) if (!isPaused) nodes.tick();
    }
  };
  const known = () =>
    all.map(({ nodes }) =>
      nodes.others
        .map(({ id }) => id)
        .sort()
        .join(),
    );
  return { all, gone, pass, known, time };
}

test("[ND3] nodes know each other by name, version and figures as soon as they are connected", () => {
  const { all, known } = threeNodes();
  expect(known()).toEqual(["three,two", "one,three", "one,two"]);
  const card = { id: "two", name: "name of two", version: "1.0.0", clients: 2, users: 1, channels: 3 };
  expect(all[0]?.nodes.others).toContainEqual(card);
});

test("[ND3] a node that is silent for six seconds is gone, and is there again with its next word", () => {
  const { all, gone, pass, known } = threeNodes();
  const [, two] = all;
  if (!two) throw new Error();
  pass(10);
  two.isPaused = true;
  pass(5);
  expect(gone).toEqual([]);
  pass(3);
  expect(gone.sort()).toEqual(["one loses two", "three loses two"]);
  two.isPaused = false;
  pass(2);
  expect(known()).toEqual(["three,two", "one,three", "one,two"]);
});

test("[ND3] a node that is cut off loses no other, and those that hear each other lose it alone", () => {
  const { all, gone, pass } = threeNodes();
  const [one, two] = all;
  if (!one || !two) throw new Error();
  pass(10);
  one.bus.isCut = true;
  pass(60);
  expect(gone.sort()).toEqual(["three loses one", "two loses one"]);
  // Of those that it has not heard for a minute one is heard at once, and the other some seconds later.
  two.bus.isCut = true;
  one.bus.isCut = false;
  one.bus.connected();
  pass(2);
  two.bus.isCut = false;
  pass(2);
  expect(gone).toHaveLength(2);
  expect(one.nodes.others).toHaveLength(2);
});

test("[ND3] a node that leaves is gone at once, and does not come back", () => {
  const { all, gone, pass } = threeNodes();
  all[2]?.nodes.leave();
  pass(4);
  expect(gone).toEqual(["one loses three", "two loses three"]);
});
