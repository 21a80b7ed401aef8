import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { disconnects } from "../../../src/core/disconnects.ts";
import { Cable } from "../../support/cable.ts";
import { startOpenServer, tokenFor } from "../../support/open-channels.ts";
import { testTimeout } from "../../support/patience.ts";
import { skipping } from "../../support/skipping.ts";
import { tellUser } from "../../support/tell.ts";
import { missWhileCut } from "./missed.ts";
import { Script } from "./script.ts";
import { StockClient } from "./stock-client.ts";

setDefaultTimeout(testTimeout);

const node = Bun.which("node");
const remark = skipping(node === null ? "node is not installed" : null);

test.skipIf(node === null)(`[RC40] the stock client in Node does what it does in Bun${remark}`, async () => {
  await using server = await startOpenServer();
  await using cable = await Cable.to(server.url);
  using speaker = await new StockClient(server.ws).connect();
  const now = Math.floor(Date.now() / 1000);
  const tokens = [tokenFor({ sub: "ann", exp: now + 2 }), tokenFor({ sub: "ann", exp: now + 600 })];
  const command = ["node", join(import.meta.dir, "in-node.mjs"), cable.url, ...tokens];
  await using told = new Script("the stock client in Node", command);

  expect(await told.next()).toEqual({ what: "join", value: "ann" });
  expect(await told.next()).toEqual({ what: "own publication", value: [{ from: "node" }] });
  expect(await told.next()).toEqual({ what: "presence", value: ["ann"] });
  expect(await told.next()).toEqual({ what: "stats", value: { numClients: 1, numUsers: 1 } });
  expect(await told.next()).toEqual({ what: "history", value: [{ from: "node" }] });
  expect(await told.next()).toEqual({ what: "batch", value: [1, 2, 3] });
  expect(await told.next()).toEqual({ what: "rpc", value: { code: 108, message: "not available" } });

  const missed = await missWhileCut(told, cable, speaker);
  expect(await told.next()).toEqual({ what: "recovery", value: { wasRecovering: true, recovered: true } });
  expect(await told.next()).toEqual({ what: "missed", value: missed });
  expect(await told.next()).toEqual({ what: "after the refresh", value: ["refreshed"] });

  expect(await told.next()).toEqual({ what: "ready to be sent away", value: null });
  tellUser(server, "ann", { type: "hub.disconnect", disconnect: disconnects.forceDisconnect });
  expect(await told.next()).toEqual({ what: "disconnected", value: { code: 3503, reason: "force disconnect" } });
  expect(await told.exited()).toBe(0);
});
