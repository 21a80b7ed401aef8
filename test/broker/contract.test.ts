import { afterAll, describe } from "bun:test";
import { brokerContract, localBrokerContract } from "../contracts/broker.ts";
import { freshFolder, memoryFixture, sqliteFixture } from "./fixture.ts";
import { lateFixture } from "./late-fixture.ts";
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
