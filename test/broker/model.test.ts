import { afterAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { copyAsCrashed } from "../support/crash-copy.ts";
import { SeededRandom } from "../support/random.ts";
import { runs } from "../support/runs.ts";
import { faultyFixture, fixtureParts, freshFolder, memoryFixture } from "./fixture.ts";
import { type Incarnation, ModelRun, type RunOptions } from "./model-run.ts";
import { type Step, step } from "./model-steps.ts";

/** Times to live that a run of a few steps can come to the end of. */
const times = { size: 4, ttl: 10_000, metaTtl: 30_000 };

describe("the broker and its model", () => {
  const folder = freshFolder();
  let files = 0;
  afterAll(folder.remove);

  const onDisk = (path: string, parts = fixtureParts()): Incarnation => {
    const fixture = faultyFixture(path, parts);
    return {
      fixture,
      fail: (failing) => {
        fixture.store.fault = failing
          ? () => {
              throw new Error("disk I/O error");
            }
          : null;
      },
      restart: (mute) => {
        if (mute === null) {
          void fixture.broker.close();
          return onDisk(path, parts);
        }
        const copy = `${folder.path}/${++files}.db`;
        copyAsCrashed(path, copy);
        mute();
        void fixture.broker.close();
        return onDisk(copy, parts);
      },
    };
  };

  const check = (options: RunOptions, begin: () => Incarnation) => {
    const holds = (steps: readonly Step[]) => {
      const run = new ModelRun(options, begin());
      try {
        for (const one of steps) {
          run.take(one);
          const { broker, model } = run.logs;
          expect(broker).toEqual(model);
        }
      } finally {
        run.close();
      }
      const { broker, model } = run.logs;
      expect(broker).toEqual(model);
    };
    const { seed } = new SeededRandom();
    fc.assert(fc.property(fc.array(step, { maxLength: 60, size: "max" }), holds), {
      seed,
      numRuns: runs,
      includeErrorInReport: true,
    });
  };

  test("[BK180] in memory they say the same, whatever happens", () => {
    check({ engine: "memory", crashes: false, ...times }, () => ({ fixture: memoryFixture() }));
  }, 600_000);

  test("in SQLite they say the same, over failed commits, expiry and restarts", () => {
    check({ engine: "sqlite", crashes: false, ...times }, () => onDisk(`${folder.path}/${++files}.db`));
  }, 600_000);

  test("in SQLite they say the same over crashes: all that was acknowledged is there (F01)", () => {
    const lasting = { ...times, metaTtl: 1_000_000_000 };
    check({ engine: "sqlite", crashes: true, ...lasting }, () => onDisk(`${folder.path}/${++files}.db`));
  }, 600_000);
});
