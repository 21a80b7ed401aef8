import { setDefaultTimeout } from "bun:test";
import { testTimeout } from "../support/patience.ts";
import { playAll } from "./play-all.ts";

setDefaultTimeout(testTimeout);

playAll("RC3", "late");
