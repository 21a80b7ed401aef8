import { setDefaultTimeout } from "bun:test";
import { testTimeout } from "../support/patience.ts";
import { describeSlow } from "../support/slow.ts";
import { playAll } from "./play-all.ts";

setDefaultTimeout(testTimeout);

describeSlow("the recordings on stores that answer later", () => playAll("RC3", "late"));
