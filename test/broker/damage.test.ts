import { afterAll, describe, expect, test } from "bun:test";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import type { LocalBroker } from "../../src/broker/local.ts";
import type { Position } from "../../src/core/publication.ts";
import { copyAsCrashed } from "../support/crash-copy.ts";
import { SeededRandom } from "../support/random.ts";
import {
  draftOf,
  type FixtureParts,
  fixtureParts,
  freshFolder,
  history,
  joined,
  kept,
  publish,
  published,
  sinceOf,
  sqliteFixture,
} from "./fixture.ts";

const options = kept("sqlite", { size: 30 });
const channels = ["a", "b", "c"];

/** What was acknowledged: the JSON at each offset of each epoch. */
type Acknowledged = Map<string, string>;

const at = (epoch: string, offset: number) => `${epoch}:${offset}`;

describe("a damaged file", () => {
  const folder = freshFolder();
  let files = 0;
  afterAll(folder.remove);

  /** A file with streams that are long, trimmed, short and removed; its state on the disk while open, and after. */
  const written = (parts: FixtureParts) => {
    const path = `${folder.path}/${++files}.db`;
    const { broker } = sqliteFixture(path, {}, parts);
    const acknowledged: Acknowledged = new Map();
    const tops = new Map<string, { offset: number; epoch: string }>();
    for (let n = 0; n < 120; n++) {
      const channel = channels[n % 7 === 0 ? 1 : n % 50 === 0 ? 2 : 0] ?? "a";
      const value = `${n} ${"x".repeat((n * 37) % 300)}`;
      const position = published(broker, draftOf(channel, value, { history: options, idempotencyKey: `k${n}` }));
      acknowledged.set(at(position.epoch, position.offset), JSON.stringify(value));
      tops.set(channel, position);
    }
    copyAsCrashed(path, `${path}.crashed`);
    void broker.close();
    copyAsCrashed(path, `${path}.closed`);
    return { acknowledged, tops, crashed: `${path}.crashed`, closed: `${path}.closed` };
  };

  /** Recovered or not: where it is claimed, all of it is there. */
  const examineJoin = (broker: LocalBroker, channel: string, top: Position, missed: number) => {
    const offset = Math.max(top.offset - missed, 0);
    const answer = joined(broker, channel, options, sinceOf(offset, top.epoch));
    if (!answer.recovered) return;
    expect(answer.position).toEqual(top);
    expect(answer.publications).toHaveLength(top.offset - offset);
  };

  /** What is given out for an offset that was acknowledged is what was acknowledged. */
  const examineHistory = (broker: LocalBroker, channel: string, acknowledged: Acknowledged) => {
    const outcome = history(broker, channel, options);
    for (const { data, epoch, offset } of outcome.ok ? outcome.value.publications : []) {
      const known = acknowledged.get(at(epoch, offset));
      if (known !== undefined) expect(data).toEqual({ kind: "json", json: known });
    }
  };

  /** Opens the harmed file and asks for everything: nothing may be claimed that was not so. */
  const examine = (path: string, parts: FixtureParts, { acknowledged, tops }: ReturnType<typeof written>) => {
    const { broker, delivered } = sqliteFixture(path, {}, parts);
    for (const [channel, top] of tops) {
      for (const missed of [0, 1, 5, 20, 40]) examineJoin(broker, channel, top, missed);
      examineHistory(broker, channel, acknowledged);
      for (let n = 0; n < 3; n++) publish(broker, draftOf(channel, "new", { history: options }));
    }
    for (const { publication } of delivered) {
      // An offset that was given once is never given again in its epoch.
      expect(acknowledged.has(at(publication.epoch, publication.offset))).toBe(false);
    }
    void broker.close();
  };

  const harm = (source: string, change: (target: string) => void): string => {
    const target = `${folder.path}/harmed/${++files}.db`;
    copyAsCrashed(source, target);
    change(target);
    return target;
  };

  for (const suffix of ["", "-wal", "-witness"]) {
    test(`[BK150] a byte flipped in any of 100 places of chorus.db${suffix} never makes a wrong offset (F07)`, () => {
      const random = new SeededRandom();
      const parts = fixtureParts();
      const file = written(parts);
      const source = suffix === "-wal" ? file.crashed : file.closed;
      const size = readFileSync(source + suffix).length;
      for (let n = 0; n < 100; n++) {
        const target = harm(source, (path) => {
          const bytes = readFileSync(path + suffix);
          const place = random.int(n % 2 === 0 ? size : Math.min(size, 512));
          bytes[place] = (bytes[place] ?? 0) ^ (1 << random.int(8));
          writeFileSync(path + suffix, bytes);
        });
        examine(target, parts, file);
      }
    }, 30_000);

    test(`chorus.db${suffix} cut off anywhere never makes a wrong offset (F07)`, () => {
      const random = new SeededRandom();
      const parts = fixtureParts();
      const file = written(parts);
      const source = suffix === "-wal" ? file.crashed : file.closed;
      const size = readFileSync(source + suffix).length;
      for (let n = 0; n < 30; n++) {
        const target = harm(source, (path) => truncateSync(path + suffix, n === 0 ? 0 : random.int(size)));
        examine(target, parts, file);
      }
    }, 30_000);
  }

  test("pages of zeros or of noise anywhere never make a wrong offset (F07)", () => {
    const random = new SeededRandom();
    const parts = fixtureParts();
    const file = written(parts);
    const size = readFileSync(file.closed).length;
    for (let n = 0; n < 30; n++) {
      const target = harm(file.closed, (path) => {
        const bytes = readFileSync(path);
        const page = random.int(size / 4096) * 4096;
        if (n % 2 === 0) bytes.fill(0, page, page + 4096);
        else bytes.set(random.bytes(4096), page);
        writeFileSync(path, bytes);
      });
      examine(target, parts, file);
    }
    expect(parts.captured.count("broker.file_damaged")).toBeGreaterThan(15);
  });

  test("what was not harmed is believed: a copy opens without a word", async () => {
    const parts = fixtureParts();
    const file = written(parts);
    for (const source of [file.closed, file.crashed]) {
      const before = parts.captured.lines.length;
      const { broker } = sqliteFixture(
        harm(source, () => {}),
        {},
        parts,
      );
      for (const [channel, top] of file.tops) expect(broker.top(channel, options)).toEqual(top);
      expect(parts.captured.lines.slice(before)).toEqual([]);
      await broker.close();
    }
  });
});
