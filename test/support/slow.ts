import { describe } from "bun:test";
import { skipping } from "./skipping.ts";

const isOn = process.env["CHORUS_TEST_SLOW"] === "1";

/** A suite that takes many seconds: it waits for timers of the runtime, or repeats much. `CHORUS_TEST_SLOW=1` runs it. */
export function describeSlow(name: string, suite: () => void): void {
  const remark = skipping(isOn ? null : "CHORUS_TEST_SLOW=1 runs the tests that take long");
  describe.skipIf(!isOn)(`${name}${remark}`, suite);
}
