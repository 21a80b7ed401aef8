import { setDefaultTimeout } from "bun:test";
import { testTimeout } from "../support/patience.ts";
import { describeSlow } from "../support/slow.ts";
import { hasHistory, playAll } from "./play-all.ts";

setDefaultTimeout(testTimeout);

playAll("RC1", "memory");
playAll("RC2", "sqlite", hasHistory);
describeSlow("conversations of channels without history", () =>
  playAll("RC2", "sqlite", (...conversation) => !hasHistory(...conversation)),
);
