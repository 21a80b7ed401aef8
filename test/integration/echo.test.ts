import { expect, setDefaultTimeout, test } from "bun:test";
import { startApi } from "../support/api.ts";
import { tokenFor } from "../support/open-channels.ts";
import { testTimeout } from "../support/patience.ts";
import { Probe } from "../support/probe.ts";

setDefaultTimeout(testTimeout);

test("[PC20] an echo is in no channel: what a back end does with its user's subscriptions does not reach it", async () => {
  const presence = { namespaces: [{ name: "seen", presence: true, join_leave: true, force_push_join_leave: true }] };
  await using server = await startApi({ echo: { enabled: true }, channel: presence });
  using echo = await new Probe(`${server.ws}/echo?token=${tokenFor({ sub: "ann" })}`).open();
  await server.log.next("connection.authenticated", { user: "ann", dialect: "echo" });
  using other = await server.centrifuge("ann");
  const channel = "seen:a";

  expect((await server.call("subscribe", { user: "ann", channel })).json).toEqual({ result: {} });
  expect((await other.take(1))[0]).toMatchObject({ push: { channel, subscribe: {} } });
  expect((await other.take(1))[0]).toMatchObject({ push: { channel, join: { info: { user: "ann" } } } });
  await server.call("publish", { channel, data: 1 });
  expect((await server.call("presence_stats", { channel })).json.result).toEqual({ num_clients: 1, num_users: 1 });
  await server.call("refresh", { user: "ann" });
  await server.call("unsubscribe", { user: "ann", channel });

  echo.send("still an echo");
  expect(await echo.next()).toBe("still an echo");
});
