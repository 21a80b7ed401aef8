import { describe, expect, test } from "bun:test";
import { next } from "../../actors/connection/subscription.ts";
import { joined, joiningOf, soon, viewOf } from "./connection-views.ts";

describe("a subscription", () => {
  const view = viewOf();
  const joining = joiningOf(view, "kept:a");
  const subscribed = next(joining, { type: "joined", joined });

  test("is asked, verified, joined, subscribed and ended, in this order", () => {
    const { channel, origin, request, id, terms } = joining;
    const asked = { at: "asked", channel, origin, request, id } as const;
    const verifying = next(asked, { type: "token.presented" });
    const states = [asked, verifying, next(verifying, { type: "granted", terms }), subscribed];
    expect(states.map(({ at }) => at)).toEqual(["asked", "verifying", "joining", "subscribed"]);
    expect(next(subscribed, { type: "left" })).toEqual({ at: "ended", channel, origin, why: "left" });
    expect(next(joining, { type: "refused" })).toEqual({ at: "ended", channel, origin, why: "refused" });
  });

  test("is not changed by what came too late", () => {
    const ended = next(subscribed, { type: "expired" });
    for (const event of [{ type: "joined", joined }, { type: "left" }, { type: "position.lost" }] as const) {
      expect(next(ended, event)).toBe(ended);
    }
    expect(next(subscribed, { type: "joined", joined })).toBe(subscribed);
    expect(next(joining, { type: "expired" })).toBe(joining);
  });

  test("has the expiry and the info of its newest token", () => {
    const refreshed = next(subscribed, { type: "refreshed", expireAt: soon, info: "2" });
    expect(refreshed).toMatchObject({ at: "subscribed", expireAt: soon, info: "2" });
    expect(next(refreshed, { type: "refreshed", expireAt: null, info: undefined })).toMatchObject({ info: undefined });
  });
});
