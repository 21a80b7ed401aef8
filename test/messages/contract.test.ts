import { afterAll, describe } from "bun:test";
import { offlineQueueContract } from "../contracts/offline-queue.ts";
import { lateQueue } from "../support/late/queue.ts";
import { Turns } from "../support/late/turns.ts";
import { SeededRandom } from "../support/random.ts";
import { freshFolder, openStore } from "./fixture.ts";

const folder = freshFolder();
afterAll(folder.remove);

const options = { queue: { size: 2, ttl: 3_600_000 } };

describe("the queue in SQLite", () => offlineQueueContract(() => openStore(folder.file(), options)));

describe("a queue that answers later", () => {
  let seed = 0;
  offlineQueueContract(() => {
    const { queue, clock, close } = openStore(folder.file(), options);
    const turns = new Turns(new SeededRandom(++seed), (task) => void setImmediate(task));
    return { queue: lateQueue(queue, turns), clock, close };
  });
});
