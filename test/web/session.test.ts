import { describe, expect, test } from "bun:test";
import { disconnects } from "../../src/core/disconnects.ts";
import { backoffMs } from "../../src/web/page/chat/backoff.ts";
import { closeWords, isTerminal } from "../../src/web/page/chat/closes.ts";
import { firstSession, type Session, type SessionEvent, step } from "../../src/web/page/chat/session.ts";

const opened = (now = 0): SessionEvent => ({ type: "socket.opened", now });
const closed = (code: number, now = 0, random = 0.5): SessionEvent => ({
  type: "socket.closed",
  code,
  reason: "",
  words: null,
  now,
  random,
});

/** Plays events from the first session; the last session and every effect on the way. */
function play(...events: SessionEvent[]): { session: Session; effects: string[] } {
  let session = firstSession;
  const effects: string[] = [];
  for (const event of events) {
    const [next, made] = step(session, event);
    session = next;
    effects.push(...made.map(({ type }) => type));
  }
  return { session, effects };
}

describe("the wait before an attempt", () => {
  test("[WP17] is anything up to a ceiling that doubles to 20 s", () => {
    expect([0, 1, 2, 3, 4, 5, 6, 60, 5000].map((attempt) => backoffMs(attempt, 1))).toEqual([
      500, 1000, 2000, 4000, 8000, 16_000, 20_000, 20_000, 20_000,
    ]);
    expect(backoffMs(9, 0)).toBe(0);
    expect(backoffMs(9, 0.25)).toBe(5000);
  });
});

describe("close codes", () => {
  test.each([3500, 3999, 4500, 4999])("[WP18] %d is for good", (code) => expect(isTerminal(code)).toBe(true));
  test.each([1000, 1001, 1006, 1009, 3000, 3499, 4000, 4499])("[WP18] after %d the page comes back", (code) => {
    expect(isTerminal(code)).toBe(false);
  });
  test.each(Object.values(disconnects).map(({ code, reason }) => [code, reason] as const))(
    "[WP18] %d has words of its own",
    (code, reason) => {
      expect(closeWords(code, reason)).not.toContain(String(code));
    },
  );
  test("[WP18] an unknown code is told with its reason", () => {
    expect(closeWords(4321, "out of tea")).toBe("The server closed: out of tea (4321).");
    expect(closeWords(4321, "")).toBe("The server closed the connection (code 4321).");
  });
});

describe("the session", () => {
  test("connects once, however often Connect is pressed", () => {
    const { session, effects } = play({ type: "person.connect" }, { type: "person.connect" }, opened());
    expect(session.at).toBe("open");
    expect(effects).toEqual(["open"]);
  });

  test("waits after a loss, then tries again", () => {
    const { session, effects } = play(
      { type: "person.connect" },
      opened(0),
      closed(1006, 10),
      { type: "retry.due" },
      opened(20),
    );
    expect(session).toEqual({ at: "open", attempt: 1, since: 20 });
    expect(effects).toEqual(["open", "startTimer", "open"]);
  });

  test("waits longer with every failure in a row", () => {
    const failing = Array.from({ length: 4 }, () => [closed(1006), { type: "retry.due" }] as const).flat();
    const { session } = play({ type: "person.connect" }, ...failing, closed(1006, 0, 1));
    expect(session).toMatchObject({ at: "waiting", attempt: 4, delayMs: 8000 });
  });

  test("a server that lets in and throws out at once counts as failing", () => {
    const flapping = [opened(0), closed(3012, 4999), { type: "retry.due" }] as const;
    const { session } = play({ type: "person.connect" }, ...flapping, ...flapping, opened(0), closed(3012, 4999));
    expect(session).toMatchObject({ at: "waiting", attempt: 2 });
  });

  test("a connection that held counts as good", () => {
    const flapping = [opened(0), closed(3012, 4999), { type: "retry.due" }] as const;
    const { session } = play({ type: "person.connect" }, ...flapping, ...flapping, opened(0), closed(3012, 5000));
    expect(session).toMatchObject({ at: "waiting", attempt: 0 });
  });

  test("Connect while waiting tries at once", () => {
    const { session, effects } = play({ type: "person.connect" }, closed(1006), { type: "person.connect" });
    expect(session).toEqual({ at: "connecting", attempt: 0 });
    expect(effects).toEqual(["open", "startTimer", "stopTimer", "open"]);
  });

  test("a close for good ends it, and Connect begins anew", () => {
    const refused = play({ type: "person.connect" }, opened(), closed(3500));
    expect(refused.session).toEqual({ at: "closed", by: "server", words: "The token is not valid.", code: 3500 });
    expect(refused.effects).toEqual(["open"]);
    expect(step(refused.session, { type: "person.connect" })[0]).toEqual({ at: "connecting", attempt: 0 });
  });

  test.each<[string, SessionEvent[], string[]]>([
    ["closed", [], []],
    ["connecting", [{ type: "person.connect" }], ["open", "close"]],
    ["open", [{ type: "person.connect" }, opened()], ["open", "close"]],
    ["waiting", [{ type: "person.connect" }, closed(1006)], ["open", "startTimer", "stopTimer"]],
  ])("Close ends it while %s", (_, events, expected) => {
    const { session, effects } = play(...events, { type: "person.close" });
    expect(session.at).toBe("closed");
    expect(effects).toEqual(expected);
    expect(step(session, closed(1000))).toEqual([session, []]);
    expect(step(session, { type: "retry.due" })).toEqual([session, []]);
  });

  test("a device that is back on the network does not wait for the timer", () => {
    const { session, effects } = play({ type: "person.connect" }, closed(1006), { type: "network.back" });
    expect(session).toEqual({ at: "connecting", attempt: 1 });
    expect(effects).toEqual(["open", "startTimer", "stopTimer", "open"]);
    expect(step(firstSession, { type: "network.back" })).toEqual([firstSession, []]);
  });

  test("a late opening changes nothing", () => {
    expect(step(firstSession, opened())).toEqual([firstSession, []]);
  });
});
