import { expect, test } from "bun:test";
import type { Payload } from "../../src/core/payload.ts";
import type { Guarantee, Inbox } from "../../src/messages/inbox.ts";
import type { ManualClock } from "../support/clock.ts";

const minute = 60_000;

const json = (value: unknown) => ({ kind: "json", json: JSON.stringify(value) }) as const;

const perUser = { until: "acknowledged", per: "user" } as const;
const perDevice = { until: "acknowledged", per: "device" } as const;

/** An inbox that keeps three messages of a user, each for an hour at most. */
export interface InboxFixture {
  readonly inbox: Inbox;
  readonly clock: ManualClock;
  close(): void;
}

/** The inbox with short words for what the tests do. */
function words({ inbox, clock }: InboxFixture) {
  let count = 0;
  return {
    /** Appends a message that is called as its data; answers with the outcome. */
    append: (name: string, guarantee: Guarantee | null = null, { user = "ann", ms = minute } = {}) =>
      inbox.append({ user, id: name, payload: json(name), guarantee, expiresAt: clock.wall() + ms }),
    put: (payload: Payload, user = "ann", ms = minute) => {
      count += 1;
      return inbox.append({ user, id: `${count}`, payload, guarantee: null, expiresAt: clock.wall() + ms });
    },
    take: async (device = "", { user = "ann", after = 0, bytesMax = 1_000_000 } = {}) =>
      (await inbox.take({ user, device, after, bytesMax }))?.map(({ payload }) => payload),
    /** The names of what is owed to the device. */
    names: async (device = "", user = "ann") =>
      (await inbox.take({ user, device, after: 0, bytesMax: 1_000_000 }))?.map(({ id }) => id),
    settle: async (device: string, ids: readonly string[], how: Guarantee["until"] = "acknowledged", user = "ann") =>
      (await inbox.settle({ user, device }, ids, how))?.map(({ id }) => id),
    sweep: async () => (await inbox.sweep()).map(({ id }) => id),
  };
}

/** What every inbox has to do, whether it answers at once or later; called within a `describe`. */
export function inboxContract(create: () => InboxFixture | Promise<InboxFixture>): void {
  const with_ = (run: (fixture: InboxFixture & ReturnType<typeof words>) => Promise<void>) => async () => {
    const fixture = await create();
    await run({ ...fixture, ...words(fixture) });
    fixture.close();
  };

  test(
    "messages without a guarantee are given once, in their order, to their user alone, as they came",
    with_(async ({ put, take }) => {
      const sent: Payload[] = [json({ a: "é\n" }), { kind: "text", text: "hello\0 \u{1f600}" }];
      expect(await Promise.all(sent.map((payload) => put(payload)))).toEqual(["kept", "kept"]);
      await put(json("for bob"), "bob");
      expect(await take("", { user: "eve" })).toEqual([]);
      expect(await take()).toEqual(sent);
      expect(await take()).toEqual([]);
      expect(await take("", { user: "bob" })).toEqual([json("for bob")]);
    }),
  );

  test(
    "taken at the same time, a message without a guarantee is given once",
    with_(async ({ put, take }) => {
      await put(json(1));
      expect((await Promise.all([take(), take("phone")])).flat()).toEqual([json(1)]);
    }),
  );

  test(
    "messages are given until they have the bytes that were asked for, at least one, and the rest after a position",
    with_(async ({ inbox, append, put, take }) => {
      await append("x".repeat(100), perUser);
      await put(json(2));
      const part = { user: "ann", device: "", bytesMax: 1 };
      const [first, ...none] = (await inbox.take({ ...part, after: 0 })) ?? [];
      expect([first?.payload, none]).toEqual([json("x".repeat(100)), []]);
      expect(await take("", { after: first?.position ?? 0, bytesMax: 1 })).toEqual([json(2)]);
    }),
  );

  test(
    "what is too much, too large or over is refused, and what was kept stays",
    with_(async ({ append, put, take }) => {
      expect(await put(json("x".repeat(65_536)))).toBe("too_large");
      expect(await put(json(0), "ann", 0)).toBe("expired");
      expect([await put(json(1)), await append("2", perUser), await append("3", perDevice)]).toEqual(
        Array(3).fill("kept"),
      );
      expect([await put(json(4)), await append("4", perUser)]).toEqual(["limit", "limit"]);
      expect(await take()).toEqual([json(1), json("2"), json("3")]);
      expect(await put(json(5))).toBe("kept");
    }),
  );

  test(
    "a message per user is given to every device, in one order with the others, until one has settled it",
    with_(async ({ inbox, append, names, settle }) => {
      await append("1", perUser);
      await append("2");
      await append("3", { until: "delivered", per: "user" });
      expect(await names("phone")).toEqual(["1", "2", "3"]);
      expect([await names("phone"), await names("laptop")]).toEqual([
        ["1", "3"],
        ["1", "3"],
      ]);
      expect((await inbox.owed({ user: "ann", device: "phone" }, ["3", "1", "9"]))?.map(({ id }) => id)).toEqual([
        "1",
        "3",
      ]);
      expect(await settle("phone", ["1", "3"], "delivered")).toEqual(["3"]);
      expect(await settle("phone", ["1"], "acknowledged", "bob")).toEqual([]);
      expect(await names("laptop")).toEqual(["1"]);
      expect([await settle("phone", ["1", "9"]), await settle("phone", ["1"])]).toEqual([["1"], []]);
      expect(await names("laptop")).toEqual([]);
      expect(await inbox.owed({ user: "ann", device: "phone" }, ["1", "3"])).toEqual([]);
    }),
  );

  test(
    "a message per device is given to each device until that one has settled it, to a new one too",
    with_(async ({ append, names, settle }) => {
      await append("1", perDevice);
      await append("2", { until: "delivered", per: "device" });
      expect([await names("phone"), await names("")]).toEqual([
        ["1", "2"],
        ["1", "2"],
      ]);
      expect(await settle("phone", ["1", "2"], "delivered")).toEqual(["2"]);
      expect(await settle("phone", ["1", "2"])).toEqual(["1"]);
      expect([await names("phone"), await names(""), await names("laptop")]).toEqual([[], ["1", "2"], ["1", "2"]]);
    }),
  );

  test(
    "a message that all known devices have settled counts for no limit, and gives way to a new one",
    with_(async ({ append, names, settle }) => {
      await names("phone");
      await names("laptop");
      for (const name of ["1", "2", "3"]) await append(name, perDevice);
      await settle("phone", ["1", "2", "3"]);
      expect(await append("4", perDevice)).toBe("limit");
      await settle("laptop", ["1", "2"]);
      expect([await append("4", perDevice), await names("tablet")]).toEqual(["kept", ["2", "3", "4"]]);
      expect([await names("phone"), await names("laptop")]).toEqual([["4"], ["3", "4"]]);
    }),
  );

  test(
    "of seventeen devices the one unused longest is forgotten, with what it has settled",
    with_(async ({ clock, append, names, settle }) => {
      await append("1", perDevice);
      const devices = Array.from({ length: 16 }, (_, index) => `d${index}`);
      for (const device of devices) {
        clock.advance(1);
        await names(device);
        await settle(device, ["1"]);
      }
      clock.advance(1);
      expect(await names("d0")).toEqual([]);
      clock.advance(1);
      expect(await names("d16")).toEqual(["1"]);
      expect([await names("d0"), await names("d2"), await names("d1")]).toEqual([[], [], ["1"]]);
    }),
  );

  test(
    "what has expired is not given, and is told once, unless it was settled",
    with_(async ({ inbox, clock, append, names, settle, sweep }) => {
      await names("phone");
      await append("1", perUser, { ms: 10 });
      await append("2", perDevice, { ms: 10 });
      await append("3", null, { user: "bob", ms: 10 });
      await append("4", perDevice, { user: "bob", ms: 11 });
      await settle("phone", ["2"]);
      expect(await sweep()).toEqual([]);
      clock.advance(10);
      expect([await names("phone"), await names("", "bob")]).toEqual([[], ["4"]]);
      expect(await inbox.owed({ user: "ann", device: "phone" }, ["1"])).toEqual([]);
      expect((await sweep()).toSorted()).toEqual(["1", "3"]);
      clock.advance(1);
      expect([await sweep(), await sweep()]).toEqual([["4"], []]);
    }),
  );

  test(
    "none waits longer than the inbox allows",
    with_(async ({ clock, append, names }) => {
      await append("1", perUser, { ms: 1_000 * minute });
      clock.advance(60 * minute - 1);
      expect(await names()).toEqual(["1"]);
      clock.advance(1);
      expect(await names()).toEqual([]);
    }),
  );

  test(
    "a key has its first answer for five minutes, kept together with its message or not at all",
    with_(async ({ inbox, clock, append, names }) => {
      const once = (key: string, name: string) =>
        inbox.append({
          user: "ann",
          id: name,
          payload: json(name),
          guarantee: perUser,
          expiresAt: clock.wall() + minute,
          remember: { key, answer: `answer to ${key}` },
        });
      for (const name of ["1", "2"]) await append(name);
      expect([await once("a", "3"), await once("b", "4"), await once("a", "5")]).toEqual(["kept", "limit", "answered"]);
      expect(await inbox.recall("a")).toEqual({ state: "answered", answer: "answer to a" });
      expect(await inbox.recall("b")).toEqual({ state: "new" });
      expect([await inbox.remember("b", "first"), await inbox.remember("b", "second")]).toEqual(["kept", "answered"]);
      expect(await inbox.recall("b")).toEqual({ state: "answered", answer: "first" });
      expect(await names()).toEqual(["1", "2", "3"]);
      clock.advance(5 * minute);
      expect(await inbox.recall("b")).toEqual({ state: "new" });
    }),
  );

  test(
    "what was appended is told when it can be taken",
    with_(async ({ inbox, append, names }) => {
      const told: Promise<readonly string[] | undefined>[] = [];
      const { promise, resolve } = Promise.withResolvers<void>();
      inbox.listen((user) => {
        told.push(names("", user));
        if (told.length === 2) resolve();
      });
      await append("1", perUser);
      await append("2", null, { user: "bob" });
      await promise;
      expect((await Promise.all(told)).flat().toSorted()).toEqual(["1", "2"]);
    }),
  );
}
