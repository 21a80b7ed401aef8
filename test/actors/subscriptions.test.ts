import { describe, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import type { Subscribed } from "../../actors/connection/subscription.ts";
import { Subscriptions } from "../../actors/connection/subscriptions.ts";
import { testTimeout } from "../support/patience.ts";

setDefaultTimeout(testTimeout);

type Step = readonly ["set" | "delete" | "clear", string];

describe("the subscriptions of a connection", () => {
  test("are a map by channel, with one, with several and with none", () => {
    const step = fc.tuple(fc.constantFrom("set", "set", "set", "delete", "clear"), fc.constantFrom("a", "b", "c"));
    fc.assert(
      fc.property(fc.array(step as fc.Arbitrary<Step>), (steps) => {
        const subscriptions = new Subscriptions();
        const map = new Map<string, Subscribed>();
        for (const [name, channel] of steps) {
          if (name === "set") {
            const subscription = { channel } as Subscribed;
            subscriptions.set(subscription);
            map.set(channel, subscription);
          } else if (name === "delete") {
            subscriptions.delete(channel);
            map.delete(channel);
          } else {
            subscriptions.clear();
            map.clear();
          }
          expect([...subscriptions.keys()]).toEqual([...map.keys()]);
          expect([...subscriptions.values()]).toEqual([...map.values()]);
          expect(subscriptions.size).toBe(map.size);
          for (const each of ["a", "b", "c"]) {
            expect(subscriptions.get(each)).toBe(map.get(each));
            expect(subscriptions.has(each)).toBe(map.has(each));
          }
        }
      }),
    );
  });
});
