import { describe, expect, test } from "bun:test";
import { createAttendance } from "../../src/presence/attendance.ts";
import { createMemoryPresence } from "../../src/presence/memory.ts";

const visible = { presence: true, joinLeave: true, leaveGrace: 1_000 };
const ann = (client: string) => ({ user: "ann", client });

/** Attendance whose time passes when it is told to. */
function attendanceOf(waitingMax: number) {
  const told: string[] = [];
  let due: (() => void)[] = [];
  const presence = createMemoryPresence();
  const attendance = createAttendance({
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
  return { attendance, presence, told, pass };
}

describe("leaves that wait", () => {
  test("[PR1] are no more than allowed: one more is told at once, and presence is right all the while", () => {
    const { attendance, presence, told, pass } = attendanceOf(3);
    for (const channel of ["a", "b", "c", "d", "e"]) {
      attendance.enter(channel, ann("1"), visible);
      attendance.leave(channel, ann("1"), visible);
      expect(presence.stats(channel)).toEqual({ clients: 0, users: 0 });
    }
    expect(attendance.waiting).toBe(3);
    expect(told.filter((line) => line.startsWith("leave"))).toEqual(["leave d 1", "leave e 1"]);
    attendance.enter("b", ann("2"), visible);
    expect(attendance.waiting).toBe(2);
    attendance.leave("b", ann("2"), visible);
    expect(attendance.waiting).toBe(3);
    pass();
    expect(told.slice(-3)).toEqual(["leave a 1", "leave c 1", "leave b 2"]);
    expect(attendance.waiting).toBe(0);
    expect(presence.size).toBe(0);
  });

  test("[PR2] are taken back one for one who comes, however many of a user's connections have gone", () => {
    const { attendance, told, pass } = attendanceOf(10);
    for (const client of ["1", "2"]) attendance.enter("a", ann(client), visible);
    for (const client of ["1", "2"]) attendance.leave("a", ann(client), visible);
    attendance.enter("a", ann("3"), visible);
    attendance.enter("a", { user: "bob", client: "4" }, visible);
    expect(attendance.waiting).toBe(1);
    pass();
    expect(told).toEqual(["join a 1", "join a 2", "join a 4", "leave a 2"]);
    attendance.enter("a", ann("5"), visible);
    expect(told.at(-1)).toBe("join a 5");
    expect(attendance.waiting).toBe(0);
  });
});
