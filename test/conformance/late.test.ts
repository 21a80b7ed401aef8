import { setDefaultTimeout } from "bun:test";
import { testTimeout } from "../support/patience.ts";
import { describeSlow } from "../support/slow.ts";
import { playAll } from "./play-all.ts";

setDefaultTimeout(testTimeout);

const differsHere = {
  "hooks/own-publish-after-asked": "publications of two channels have no order among each other on such a store",
};

describeSlow("the recordings on stores that answer later", () => playAll("RC3", "late", () => true, differsHere));
