import { systemClock, systemRandom, systemTimers } from "../../../src/runtime/system.ts";
import { CapturedLog } from "../../support/captured-log.ts";

/** What a real engine works with. */
export function enginePorts(captured = new CapturedLog()) {
  return {
    clock: systemClock,
    timers: systemTimers,
    random: systemRandom,
    log: captured.log,
    durations: { observe: () => {} },
  };
}
