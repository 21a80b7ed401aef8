import { expect, setDefaultTimeout, test } from "bun:test";
import { accept, chorus } from "chorus";
import { contract } from "chorus/contract";
import { testTimeout } from "../support/patience.ts";
import { startApp } from "./support.ts";

setDefaultTimeout(testTimeout);

test("an application that authenticates is not warned of a missing key", async () => {
  const app = chorus(contract({}))
    .authenticate(({ token }) => accept({ user: token, session: null }))
    .handle({});
  await using running = await startApp(app);
  await running.stop();
  expect(running.log.count("config.warning")).toBe(0);
});
