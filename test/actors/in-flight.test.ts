import { describe, expect, test } from "bun:test";
import { dueOf, firstDue, inFlight, looked } from "../../actors/inbox/in-flight.ts";

const message = { position: 1, id: "1", payload: { kind: "json", json: "1" } } as const;
const sent = (until: "delivered" | "acknowledged", before?: ReturnType<typeof inFlight>) =>
  inFlight({ ...message, guarantee: { until, per: "user" } }, { bytes: 1, now: 0, before });
const heard = (frames: number, at = 0) => ({ frames, at });

describe("a message in flight", () => {
  test("[IN4] is delivered by what is heard after nothing of it was unsent", () => {
    const unsent = looked(sent("delivered"), heard(5), 1);
    expect(unsent.writtenAt).toBeNull();
    // A command that came while the client had not taken it proves nothing.
    const written = looked(looked(unsent, heard(6), 1), heard(7), 0);
    expect([written.writtenAt, written.isDelivered]).toEqual([heard(7), false]);
    expect(looked(written, heard(7), 0)).toBe(written);
    expect(looked(written, heard(8), 0).isDelivered).toBe(true);
    const silent = looked(sent("delivered"), heard(0, 10), 0);
    expect([looked(silent, heard(0, 10), 0).isDelivered, looked(silent, heard(0, 11), 0).isDelivered]).toEqual([
      false,
      true,
    ]);
  });

  test("[IN2] is sent again after twice the time before, up to ten minutes, unless it is to be delivered alone", () => {
    const delays: number[] = [];
    let last = sent("acknowledged");
    for (let times = 0; times < 7; times += 1) {
      delays.push(last.dueAt);
      last = sent("acknowledged", last);
    }
    expect(delays).toEqual([30_000, 60_000, 120_000, 240_000, 480_000, 600_000, 600_000]);
    const all = [last, sent("delivered"), sent("acknowledged")];
    expect([firstDue(all), dueOf(all, 29_999).length, dueOf(all, 30_000).length]).toEqual([30_000, 0, 1]);
  });
});
