import { afterAll, describe } from "bun:test";
import { brokerContract, localBrokerContract } from "../contracts/broker.ts";
import { freshFolder, memoryFixture, sqliteFixture } from "./fixture.ts";
import { lateFixture } from "./late-fixture.ts";
import { parentFixture } from "./parent/parent-fixture.ts";
import { simulatedFixture } from "./remote/simulated-fixture.ts";

describe("the broker in memory", () => localBrokerContract("memory", memoryFixture));

describe("the broker in SQLite", () => {
  const folder = freshFolder();
  let files = 0;
  afterAll(folder.remove);
  localBrokerContract("sqlite", () => sqliteFixture(`${folder.path}/${++files}.db`));
});

describe("a broker that answers later", () => {
  let seed = 0;
  brokerContract("memory", () => lateFixture(++seed));
});

describe("a remote broker over a simulated engine", () => {
  let seed = 0;
  brokerContract("memory", () => simulatedFixture(++seed));
});

describe("the broker of a worker whose parent keeps streams in memory", () => {
  let seed = 0;
  brokerContract("memory", () => parentFixture(++seed));
});

describe("the broker of a worker whose parent keeps streams in SQLite", () => {
  const folder = freshFolder();
  let seed = 0;
  afterAll(folder.remove);
  brokerContract("sqlite", () => {
    seed += 1;
    return parentFixture(seed, `${folder.path}/${seed}.db`);
  });
});
