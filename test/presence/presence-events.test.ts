import { describe, expect, test } from "bun:test";
import { createMemoryPresence } from "../../src/presence/memory.ts";
import { createPresenceEvents } from "../../src/presence/presence-events.ts";

const visible = { presence: true, joinLeave: true, leaveGrace: 1_000 };
const ann = (client: string) => ({ user: "ann", client });

/** PresenceEvents whose time passes when it is told to. */
function attendanceOf(waitingMax: number) {
  const told: string[] = [];
  let due: (() => void)[] = [];
  const presence = createMemoryPresence();
  const presenceEvents = createPresenceEvents({
    presence,
    waitingMax,
    announce: ({ type, channel, info }) => told.push(`${type} ${channel} ${info.client}`),
    after: (_, run) => {
      due.push(run);
      return () => {
        due = due.filter((each) => each !== run);
      };
    },
  });
  const pass = () => {
    for (const run of due.splice(0)) run();
  };
  return { presenceEvents, presence, told, pass };
}

describe("leaves that wait", () => {
  test("are no more than allowed: one more is told at once, and presence is right all the while", () => {
    const { presenceEvents, presence, told, pass } = attendanceOf(3);
    for (const channel of ["a", "b", "c", "d", "e"]) {
      presenceEvents.enter(channel, ann("1"), visible);
      presenceEvents.leave(channel, ann("1"), visible);
      expect(presence.stats(channel)).toEqual({ clients: 0, users: 0 });
    }
    expect(presenceEvents.waiting).toBe(3);
    expect(told.filter((line) => line.startsWith("leave"))).toEqual(["leave d 1", "leave e 1"]);
    presenceEvents.enter("b", ann("2"), visible);
    expect(presenceEvents.waiting).toBe(2);
    presenceEvents.leave("b", ann("2"), visible);
    expect(presenceEvents.waiting).toBe(3);
    pass();
    expect(told.slice(-3)).toEqual(["leave a 1", "leave c 1", "leave b 2"]);
    expect(presenceEvents.waiting).toBe(0);
    expect(presence.size).toBe(0);
  });

  test("are taken back one for one who comes, however many of a user's connections have gone", () => {
    const { presenceEvents, told, pass } = attendanceOf(10);
    for (const client of ["1", "2"]) presenceEvents.enter("a", ann(client), visible);
    for (const client of ["1", "2"]) presenceEvents.leave("a", ann(client), visible);
    presenceEvents.enter("a", ann("3"), visible);
    presenceEvents.enter("a", { user: "bob", client: "4" }, visible);
    expect(presenceEvents.waiting).toBe(1);
    pass();
    expect(told).toEqual(["join a 1", "join a 2", "join a 4", "leave a 2"]);
    presenceEvents.enter("a", ann("5"), visible);
    expect(told.at(-1)).toBe("join a 5");
    expect(presenceEvents.waiting).toBe(0);
  });
});

test("one who is shown with other info is told to nobody", () => {
  const { presenceEvents, presence, told } = attendanceOf(10);
  const renewed = { user: "ann", client: "1", connInfo: "2" };
  presenceEvents.enter("a", ann("1"), visible);
  presenceEvents.renew("a", renewed, visible);
  presenceEvents.renew("b", renewed, { ...visible, presence: false });
  expect(presence.list("a")).toEqual(new Map([["1", renewed]]));
  expect(presence.stats("b")).toEqual({ clients: 0, users: 0 });
  expect(told).toEqual(["join a 1"]);
});
