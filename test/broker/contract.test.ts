import { afterAll, describe } from "bun:test";
import { brokerContract } from "../contracts/broker.ts";
import { freshFolder, memoryFixture, sqliteFixture } from "./fixture.ts";

describe("the broker in memory", () => brokerContract("memory", memoryFixture));

describe("the broker in SQLite", () => {
  const folder = freshFolder();
  let files = 0;
  afterAll(folder.remove);
  brokerContract("sqlite", () => sqliteFixture(`${folder.path}/${++files}.db`));
});
