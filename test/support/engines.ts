import { describe } from "bun:test";

/** Tests with servers of others are switched on, as `.ci/run` does. */
const isOn = process.env["CHORUS_TEST_ENGINES"] === "1";

/** The tests of all files share one process; the reason is printed by the first. */
const told = Symbol.for("chorus.test.engines.told");

/** A suite that needs a program of an engine (`redis-server`). Skipped with a printed reason where it is switched off. */
export function describeWithEngine(name: string, program: string, suite: () => void): void {
  const isThere = Bun.which(program) !== null;
  if (isOn && !isThere) throw new Error(`CHORUS_TEST_ENGINES=1, but there is no ${program}.`);
  if (!isOn && !Reflect.has(globalThis, told)) {
    console.warn("Tests with Redis are skipped: CHORUS_TEST_ENGINES is not 1.");
    Reflect.set(globalThis, told, true);
  }
  describe.skipIf(!isOn)(name, suite);
}
