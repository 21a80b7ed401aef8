import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { testTimeout } from "../support/patience.ts";
import { play } from "./player/player.ts";
import { differs, type Recording, readRecording, type Scenario } from "./player/recording.ts";

setDefaultTimeout(testTimeout);

/** What a 6.9 server got wrong is not to be copied; its makers changed it later. */
const quirk = "a mistake of that server, not to be copied";

function reasonToSkip({ name }: Recording, { id }: Scenario): string | undefined {
  return id.startsWith("quirk-") ? quirk : differs[`${name}/${id}`];
}

const engines = [
  ["RC1", "memory"],
  ["RC2", "sqlite"],
] as const;

for (const name of ["main", "strict", "timers", "insecure"]) {
  const recording = await readRecording(name);
  for (const [rule, engine] of engines) {
    describe(`the recording ${name}, kept by ${engine}`, () => {
      for (const scenario of recording.scenarios) {
        const reason = reasonToSkip(recording, scenario);
        const remark = reason === undefined ? "" : ` (skipped: ${reason})`;
        test.skipIf(reason !== undefined)(`[${rule}] ${name}/${scenario.id}: ${scenario.about}${remark}`, async () => {
          expect(await play(recording, scenario, engine)).toBeNull();
        });
      }
    });
  }
}
