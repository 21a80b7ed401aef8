import { afterAll, describe } from "bun:test";
import { inboxContract } from "../contracts/inbox.ts";
import { lateInbox } from "../support/late/inbox.ts";
import { Turns } from "../support/late/turns.ts";
import { SeededRandom } from "../support/random.ts";
import { freshFolder, openStore } from "./fixture.ts";

const folder = freshFolder();
afterAll(folder.remove);

const options = { inbox: { size: 3, ttl: 3_600_000 } };

describe("the inbox in SQLite", () => inboxContract(() => openStore(folder.file(), options)));

describe("an inbox that answers later", () => {
  let seed = 0;
  inboxContract(() => {
    const { inbox, clock, close } = openStore(folder.file(), options);
    const turns = new Turns(new SeededRandom(++seed), (task) => void setImmediate(task));
    return { inbox: lateInbox(inbox, turns), clock, close };
  });
});
