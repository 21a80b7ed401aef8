import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { disconnects } from "../../../src/core/disconnects.ts";
import { unsubscribes } from "../../../src/core/unsubscribes.ts";
import { Cable } from "../../support/cable.ts";
import { ManualClock } from "../../support/clock.ts";
import { startOpenServer, tokenFor } from "../../support/open-channels.ts";
import { pass } from "../../support/passing.ts";
import { testTimeout } from "../../support/patience.ts";
import { skipping } from "../../support/skipping.ts";
import { tellUser } from "../../support/tell.ts";
import { missWhileCut } from "./missed.ts";
import { Script } from "./script.ts";
import { StockClient } from "./stock-client.ts";

setDefaultTimeout(testTimeout);

/** A Python that has the package `centrifuge-python`. */
const python = process.env["CHORUS_TEST_PYTHON"] ?? "";
const remark = skipping(python === "" ? "CHORUS_TEST_PYTHON names no Python with centrifuge-python" : null);

// Time passes in one step of the test alone; the pings of a whole minute would have to be answered in it.
const config = { client: { ping_interval: "1h", pong_timeout: "10m", expired_close_delay: "1s" } };

test.skipIf(python === "").each(["JSON", "Protobuf"])(
  `[RC41] the stock client in Python in %s${remark}`,
  async (encoding) => {
    const clock = new ManualClock();
    await using server = await startOpenServer(config, { clock });
    await using cable = await Cable.to(server.url);
    using speaker = await new StockClient(server.ws).connect();
    const now = Math.floor(clock.wall() / 1000);
    const token = (exp: number) => tokenFor({ sub: "ann", exp, info: { name: "Ann" }, channels: ["#ann"] });
    const deskToken = (exp: number) => tokenFor({ sub: "ann", exp, channel: "$desk" });
    const plan = {
      url: cable.url,
      protobuf: encoding === "Protobuf",
      tokens: [token(now + 1), token(now + 600)],
      deskTokens: [deskToken(now + 1), deskToken(now + 600)],
    };
    const program = join(import.meta.dir, "in_python.py");
    await using told = new Script("the stock client in Python", [python, program, JSON.stringify(plan)]);

    const first = { from: "python", text: "grüße 🎉" };
    expect(await told.next()).toEqual({ what: "connected", value: null });
    expect(await told.next()).toEqual({ what: "subscribed by the server", value: "#ann" });
    expect(await told.next()).toEqual({ what: "join", value: "ann" });
    expect(await told.next()).toEqual({ what: "own publication", value: [first] });
    expect(await told.next()).toEqual({ what: "presence", value: [["ann", { name: "Ann" }]] });
    expect(await told.next()).toEqual({ what: "stats", value: [1, 1] });
    expect(await told.next()).toEqual({ what: "history", value: [[1, first]] });
    expect(await told.next()).toEqual({ what: "rpc", value: { code: 108, message: "not available" } });

    const missed = await missWhileCut(told, cable, speaker);
    expect(await told.next()).toEqual({ what: "recovery", value: [true, true] });
    expect(await told.next()).toEqual({ what: "missed", value: missed });

    expect(await told.next()).toEqual({ what: "refreshed", value: null });
    await pass({ node: server.node, clock }, 60_000);
    await told.goOn();
    expect(await told.next()).toEqual({ what: "after the old expiry", value: ["still here"] });
    expect(await told.next()).toEqual({ what: "connected again", value: false });
    expect(await told.next()).toEqual({ what: "desk subscribed again", value: false });

    const unsubscribe = { type: "hub.unsubscribe", channel: "room" } as const;
    expect(await told.next()).toEqual({ what: "ready for 2500", value: null });
    tellUser(server, "ann", { ...unsubscribe, unsubscribe: unsubscribes.insufficientState });
    expect(await told.next()).toEqual({ what: "subscribed again after", value: [2500, "insufficient state"] });
    expect(await told.next()).toEqual({ what: "ready for 2000", value: null });
    tellUser(server, "ann", { ...unsubscribe, unsubscribe: unsubscribes.server });
    expect(await told.next()).toEqual({ what: "unsubscribed", value: [2000, "server unsubscribe"] });

    expect(await told.next()).toEqual({ what: "ready to be sent away", value: null });
    tellUser(server, "ann", { type: "hub.disconnect", disconnect: disconnects.forceDisconnect });
    expect(await told.next()).toEqual({ what: "disconnected", value: [3503, "force disconnect"] });
    expect(await told.exited()).toBe(0);
  },
);
