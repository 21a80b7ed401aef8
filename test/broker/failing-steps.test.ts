import { afterAll, describe, expect, test } from "bun:test";
import type { SqliteStore } from "../../src/broker/local/sqlite-store.ts";
import {
  askedToJoin,
  draftOf,
  faultyFixture,
  freshFolder,
  history,
  joined,
  kept,
  pageOf,
  publish,
  published,
  removed,
  sinceOf,
} from "./fixture.ts";

/** A step of the store's work that a device may refuse. */
type Step = "begin" | "append" | "commit" | "open" | "peek" | "clear" | "sweep";

const writes: readonly (readonly Step[])[] = [
  ["begin"],
  ["append"],
  ["commit"],
  ["begin", "append", "commit", "clear"],
];
const reads: readonly (readonly Step[])[] = [["open"], ["peek"], ["open", "peek"]];
const refused = { ok: false, error: { code: 100, temporary: true } };

describe("a device that refuses", () => {
  const folder = freshFolder();
  const options = kept("sqlite", { size: 100 });
  const draft = (value: unknown) => draftOf("a", value, { history: options });
  let files = 0;
  afterAll(folder.remove);

  /** A broker with three publications in channel a, and how its device is made to refuse and to work again. */
  function fixture() {
    const { store, ...rest } = faultyFixture(`${folder.path}/${++files}.db`);
    for (const value of [1, 2, 3]) published(rest.broker, draft(value));
    const { epoch } = pageOf(history(rest.broker, "a", options));
    rest.delivered.length = 0;
    const refuse = (steps: readonly Step[], words = "disk I/O error") => {
      const before = steps.map((step) => [step, store[step]] as const);
      const fail = () => {
        throw new Error(words);
      };
      for (const step of steps) Object.assign(store, { [step]: fail });
      return () => {
        for (const [step, work] of before) Object.assign(store, { [step]: work } satisfies Partial<SqliteStore>);
      };
    };
    return { ...rest, epoch, refuse };
  }

  test.each(writes)("[BK145] to write (%s) refuses publications, and is read as ever (F06)", async (...steps) => {
    const { broker, delivered, captured, epoch, refuse } = fixture();
    const work = refuse(steps, "attempt to write a readonly database");
    for (let n = 0; n < 3; n++) expect(publish(broker, draft("refused"))).toMatchObject(refused);
    expect(publish(broker, draftOf("a", "keyed", { history: options, idempotencyKey: "k" }))).toMatchObject(refused);
    expect(delivered).toEqual([]);
    expect(joined(broker, "a", options, sinceOf(1, epoch))).toMatchObject({ recovered: true, position: { offset: 3 } });
    expect(pageOf(history(broker, "a", options))).toMatchObject({ data: [1, 2, 3], epoch });
    expect(broker.top("a", options)).toEqual({ offset: 3, epoch });
    expect(publish(broker, draftOf("a", "unkept")).ok).toBe(true);
    broker.sweep();
    expect(captured.count("broker.store_failed")).toBe(1);
    work();
    expect(published(broker, draft("written"))).toEqual({ offset: 4, epoch });
    expect(pageOf(history(broker, "a", options)).data).toEqual([1, 2, 3, "written"]);
    await broker.close();
  });

  test.each(reads)(
    "to read (%s) is a refusal or an answer without proof, and never a wrong one (F06)",
    async (...steps) => {
      const { broker, epoch, refuse } = fixture();
      const work = refuse(steps);
      const told = askedToJoin(broker, "a", options, sinceOf(1, epoch));
      if (steps.length > 1) expect(told).toBeNull();
      else expect(told).toMatchObject({ position: { offset: 3, epoch }, recovered: steps[0] === "peek" });
      const page = history(broker, "a", options);
      if (steps.length > 1) expect(page).toMatchObject(refused);
      else expect(pageOf(page).data).toEqual([1, 2, 3]);
      expect(broker.top("a", options)).toEqual(steps.includes("peek") ? null : { offset: 3, epoch });
      work();
      expect(joined(broker, "a", options, sinceOf(1, epoch))).toMatchObject({ recovered: true });
      expect(published(broker, draft(4))).toEqual({ offset: 4, epoch });
      await broker.close();
    },
  );

  test("to forget is told, and to sweep is tried again (F06)", async () => {
    const { broker, clock, epoch, refuse } = fixture();
    const work = refuse(["clear", "sweep"]);
    expect(removed(broker, "a", options)).toMatchObject({ code: 100 });
    clock.advance(options.ttl);
    for (let n = 0; n < 5; n++) broker.sweep();
    expect(pageOf(history(broker, "a", options))).toMatchObject({ data: [], top: 3, epoch });
    work();
    expect(removed(broker, "a", options)).toBeNull();
    await broker.close();
  });
});
