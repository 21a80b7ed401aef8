import { expect, setDefaultTimeout, test } from "bun:test";
import { disconnects } from "../../src/core/disconnects.ts";
import { amongBystanders } from "../support/bystanders.ts";
import { ManualClock } from "../support/clock.ts";
import { testTimeout } from "../support/patience.ts";
import { Probe } from "../support/probe.ts";
import { startTestServer } from "../support/server.ts";
import { connectionToken, secret } from "../support/tokens.ts";

setDefaultTimeout(testTimeout);

const hour = 3_600_000;
const config = { client: { token: { hmac_secret_key: secret } } };

test.each([
  ["an hour forward", hour],
  ["an hour back", -hour],
  ["ten years forward", 87_600 * hour],
])("[SE23] [T82] [F14] a wall clock that jumps %s ends no connection and no timer", async (_, jump) => {
  const clock = new ManualClock();
  await using server = await startTestServer(config, { clock });
  await amongBystanders(server.ws, async () => {
    const token = await connectionToken("ann", { expiresAt: clock.wall() + hour / 2 });
    using ann = await new Probe(`${server.ws}/ws?channel=jump&token=${token}`).open();
    await server.log.next("connection.authenticated", { user: "ann" });
    clock.jump(jump);
    using listener = await new Probe(`${server.ws}/ws?channel=jump`).open();
    ann.send("still here");
    expect(await listener.nextText()).toBe("still here");
    expect(server.log.count("connection.closed")).toBe(0);
    // The half hour that the token had left is counted by the clock that cannot jump.
    clock.advance(hour / 2);
    expect(await ann.closed()).toEqual(disconnects.connectionExpired);
  });
});

test("[SE23] [T82] a clock that was set back revives no token for longer than it was set back", async () => {
  const clock = new ManualClock();
  await using server = await startTestServer(config, { clock });
  const token = await connectionToken("ann", { expiresAt: clock.wall() - 1_000 });
  const late = new Probe(`${server.ws}/ws?token=${token}`);
  expect(await (await late.open()).closed()).toEqual(disconnects.connectionExpired);
  clock.jump(-hour);
  using revived = await new Probe(`${server.ws}/ws?token=${token}`).open();
  await server.log.next("connection.authenticated", { user: "ann" });
  clock.advance(hour);
  expect(await revived.closed()).toEqual(disconnects.connectionExpired);
});
