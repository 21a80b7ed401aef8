import { describe } from "bun:test";
import { createMemoryPresence } from "../../src/presence/memory.ts";
import { presenceContract } from "../contracts/presence.ts";
import { latePresence } from "../support/late/presence.ts";
import { Turns } from "../support/late/turns.ts";
import { SeededRandom } from "../support/random.ts";

describe("presence in memory", () => presenceContract(createMemoryPresence));

describe("presence that answers later", () => {
  let seed = 0;
  presenceContract(() =>
    latePresence(createMemoryPresence(), new Turns(new SeededRandom(++seed), (task) => void setImmediate(task))),
  );
});
