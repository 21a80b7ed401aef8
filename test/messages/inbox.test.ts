import { afterAll, describe, expect, test } from "bun:test";
import { noData, type Payload } from "../../src/core/payload.ts";
import { copyOf, freshFolder, json, openStore } from "./fixture.ts";

const folder = freshFolder();
afterAll(folder.remove);

const minute = 60_000;

describe("the inbox as a queue", () => {
  test("[PL30] messages are given once, in their order, to their user alone, as they came", () => {
    const { queue, clock, close } = openStore(folder.file());
    const expiresAt = clock.wall() + minute;
    const sent: Payload[] = [
      json({ a: "é\n" }),
      { kind: "text", text: "hello\0 \u{1f600}" },
      { kind: "binary", bytes: Uint8Array.of(0, 255, 10) },
      { kind: "binary", bytes: new Uint8Array(0) },
      noData,
    ];
    for (const payload of sent) expect(queue.put("ann", payload, { expiresAt })).toBe("kept");
    expect(queue.put("bob", json("for bob"), { expiresAt })).toBe("kept");
    expect(queue.take("eve")).toEqual([]);
    expect(queue.take("ann").map(readable)).toEqual(sent.map(readable));
    expect(queue.take("ann")).toEqual([]);
    expect(queue.take("bob")).toEqual([json("for bob")]);
    close();
  });

  test("a message that is over is not given, and none waits longer than the queue allows", () => {
    const { queue, clock, close } = openStore(folder.file(), { inbox: { ttl: minute } });
    const now = clock.wall();
    queue.put("ann", json("short"), { expiresAt: now + 1_000 });
    queue.put("ann", json("long"), { expiresAt: now + 1_001 });
    queue.put("bob", json("too long"), { expiresAt: now + 10 * minute });
    queue.put("cleo", json("for ever"), { expiresAt: Number.POSITIVE_INFINITY });
    queue.put("dan", json("nearly too long"), { expiresAt: now + minute });
    clock.advance(1_000);
    expect(queue.take("ann")).toEqual([json("long")]);
    clock.advance(minute - 1_001);
    expect(queue.take("dan")).toEqual([json("nearly too long")]);
    clock.advance(1);
    expect([queue.take("bob"), queue.take("cleo")]).toEqual([[], []]);
    close();
  });

  test("[PL32] over the messages of one user the newest is refused; what is over does not count", () => {
    const { queue, clock, close } = openStore(folder.file(), { inbox: { size: 2 } });
    const put = (user: string, value: string, ms: number) =>
      queue.put(user, json(value), { expiresAt: clock.wall() + ms });
    expect([put("ann", "1", 10), put("ann", "2", minute), put("ann", "3", minute)]).toEqual(["kept", "kept", "limit"]);
    expect(put("bob", "1", minute)).toBe("kept");
    clock.advance(10);
    expect([put("ann", "4", minute), put("ann", "5", minute)]).toEqual(["kept", "limit"]);
    expect(queue.take("ann")).toEqual([json("2"), json("4")]);
    expect(put("ann", "6", minute)).toBe("kept");
    close();
  });

  test("[PL32] over the messages of all users the newest is refused, also after a restart", () => {
    const path = folder.file();
    const before = openStore(path, { inbox: { messagesMax: 3 } });
    const put = ({ queue, clock }: typeof before, user: string, ms = minute) =>
      queue.put(user, json(1), { expiresAt: clock.wall() + ms });
    expect(["a", "b", "b", "c"].map((user) => put(before, user))).toEqual(["kept", "kept", "kept", "limit"]);
    expect(before.queue.take("b")).toHaveLength(2);
    expect(["c", "d", "e"].map((user) => put(before, user, 10))).toEqual(["kept", "kept", "limit"]);
    before.close();
    const after = openStore(path, { inbox: { messagesMax: 3 } }, before.clock);
    expect(put(after, "e")).toBe("limit");
    after.clock.advance(10);
    after.inbox.sweep();
    expect(["e", "f", "g"].map((user) => put(after, user))).toEqual(["kept", "kept", "limit"]);
    after.close();
  });

  test("[PL33] a message over 64 KiB, or without time to wait, is refused", () => {
    const { queue, clock, close } = openStore(folder.file());
    const expiresAt = clock.wall() + minute;
    const bytes = (length: number): Payload => ({ kind: "binary", bytes: new Uint8Array(length) });
    expect(queue.put("ann", bytes(65_536), { expiresAt })).toBe("kept");
    expect(queue.put("ann", bytes(65_537), { expiresAt })).toBe("too_large");
    // Bytes count, not characters.
    expect(queue.put("ann", json("é".repeat(32_767)), { expiresAt })).toBe("kept");
    expect(queue.put("ann", json("é".repeat(32_768)), { expiresAt })).toBe("too_large");
    for (const past of [clock.wall(), 0, -1, Number.NaN, Number.NEGATIVE_INFINITY]) {
      expect(queue.put("ann", json(1), { expiresAt: past })).toBe("expired");
    }
    expect(queue.take("ann")).toHaveLength(2);
    close();
  });

  for (const how of ["restart", "kill"] as const) {
    const end = ({ close }: ReturnType<typeof openStore>, path: string) => {
      if (how === "kill") return copyOf(path, folder.file());
      close();
      return path;
    };

    test(`what was kept survives a ${how}, and what was taken is not given again`, () => {
      const path = folder.file();
      const before = openStore(path);
      const expiresAt = before.clock.wall() + minute;
      before.queue.put("ann", json("taken"), { expiresAt });
      before.queue.put("bob", json("kept"), { expiresAt });
      before.queue.take("ann");
      const after = openStore(end(before, path), {}, before.clock);
      expect([after.queue.take("ann"), after.queue.take("bob")]).toEqual([[], [json("kept")]]);
      expect(after.captured.lines).toEqual([]);
      after.close();
      before.close();
    });

    test(`[PL40] a key is answered as it was the first time for five minutes, also after a ${how}`, () => {
      const path = folder.file();
      const before = openStore(path);
      expect(before.queue.recall("k")).toEqual({ state: "new" });
      expect(before.queue.remember("k", "first")).toBe("kept");
      expect(before.queue.remember("k", "second")).toBe("answered");
      expect(before.queue.recall("k")).toEqual({ state: "answered", answer: "first" });
      expect(before.queue.recall("K")).toEqual({ state: "new" });
      const { queue, clock, close } = openStore(end(before, path), {}, before.clock);
      clock.advance(5 * minute - 1);
      expect(queue.recall("k")).toEqual({ state: "answered", answer: "first" });
      clock.advance(1);
      expect(queue.recall("k")).toEqual({ state: "new" });
      expect(queue.remember("k", "third")).toBe("kept");
      expect(queue.recall("k")).toEqual({ state: "answered", answer: "third" });
      close();
      before.close();
    });
  }

  test.each([
    ["forward", 1],
    ["back", -1],
  ])(
    "[PL40] [F14] a wall clock that is set %s forgets no key before its time, and keeps none for longer",
    (_, sign) => {
      const { queue, inbox, clock, close } = openStore(folder.file());
      queue.remember("k", "first");
      clock.jump(sign * 60 * minute);
      inbox.sweep();
      expect(queue.recall("k")).toEqual({ state: "answered", answer: "first" });
      clock.advance(5 * minute);
      expect(queue.recall("k")).toEqual({ state: "new" });
      close();
    },
  );

  test("what looks like SQL, half a surrogate pair or a NUL is a user and a key like any other (T79)", () => {
    const { queue, clock, close } = openStore(folder.file());
    const odd = ["'; DROP TABLE messages; --", '" OR 1=1', "%", "a\0b", "a", "\ud800", "\udfff", "\0", "", "?1"];
    for (const user of odd) {
      expect(queue.put(user, json(user.length), { expiresAt: clock.wall() + minute })).toBe("kept");
      queue.remember(user, `answer to ${odd.indexOf(user)}`);
    }
    for (const user of odd) {
      expect(queue.take(user)).toEqual([json(user.length)]);
      expect(queue.recall(user)).toEqual({ state: "answered", answer: `answer to ${odd.indexOf(user)}` });
    }
    close();
  });

  test("what is over leaves the file in bounded pieces", () => {
    const { queue, clock, inbox, close } = openStore(folder.file(), { inbox: { messagesMax: 1_200, size: 2_000 } });
    const put = (ms: number) => queue.put("ann", json(1), { expiresAt: clock.wall() + ms });
    for (let n = 0; n < 1_200; n++) put(10);
    clock.advance(10);
    const room = () => {
      let count = 0;
      while (queue.put("bob", json(1), { expiresAt: clock.wall() + 1_000_000 }) === "kept") count++;
      return count;
    };
    expect(room()).toBe(0);
    inbox.sweep();
    expect(room()).toBe(500);
    inbox.sweep();
    inbox.sweep();
    expect(room()).toBe(700);
    close();
  });

  test("[PL41] over the bound of keys one more is refused, and none is forgotten before its time", () => {
    const { queue, clock, close } = openStore(folder.file(), { inbox: { resultsMax: 3 } });
    const remember = (key: string) => queue.remember(key, key);
    expect(["a", "b", "c", "d", "a"].map(remember)).toEqual(["kept", "kept", "kept", "limit", "answered"]);
    const options = { expiresAt: clock.wall() + minute, remember: { key: "d", answer: "d" } };
    expect(queue.put("ann", json(1), options)).toBe("limit");
    expect(queue.take("ann")).toEqual([]);
    expect(["a", "b", "c"].map((key) => queue.recall(key).state)).toEqual(["answered", "answered", "answered"]);
    clock.advance(5 * minute);
    expect(remember("d")).toBe("kept");
    close();
  });

  test("an answer is kept together with its message, or neither is", () => {
    const { queue, clock, close } = openStore(folder.file(), { inbox: { size: 1 } });
    const put = (key: string) =>
      queue.put("ann", json(key), { expiresAt: clock.wall() + minute, remember: { key, answer: `answer to ${key}` } });
    expect([put("first"), put("second")]).toEqual(["kept", "limit"]);
    expect(queue.recall("first")).toEqual({ state: "answered", answer: "answer to first" });
    expect(queue.recall("second")).toEqual({ state: "new" });
    close();
  });
});

/** Bytes as plain numbers, so that a Buffer and a Uint8Array of the same bytes are equal. */
function readable(payload: Payload): unknown {
  return payload.kind === "binary" ? { kind: payload.kind, bytes: [...payload.bytes] } : payload;
}
