import { expect, setDefaultTimeout, test } from "bun:test";
import { CapturedLog } from "../support/captured-log.ts";
import { testTimeout } from "../support/patience.ts";
import { freshPushPath } from "../support/push-path.ts";
import { startWithParts } from "../support/start.ts";
import { Operator } from "./operator.ts";

setDefaultTimeout(testTimeout);

const key = "the-key-of-the-console";

test("[KO17] messages that wait for users are shown, the oldest first, without their data", async () => {
  const server = startWithParts(
    {
      http_server: { port: 0 },
      engine: { type: "memory" },
      push_log: { enabled: false, path: freshPushPath() },
      console: { enabled: true, key },
    },
    { log: new CapturedLog("error").log },
  );
  try {
    using operator = await Operator.connect(server.url, key);
    expect(await operator.call("messages", {})).toMatchObject({ isKept: false, waiting: { count: 0, messages: [] } });
    await server.send({ user: "ann" }, "a secret", { ttl: "1h" });
    await server.send({ user: "ben" }, "another", { ttl: "1h", until: "acknowledged", per: "device" });
    const { waiting } = await operator.call("messages", {});
    expect(waiting.count).toBe(2);
    expect(waiting.messages).toMatchObject([
      { user: "ann", until: "", per: "" },
      { user: "ben", until: "acknowledged", per: "device" },
    ]);
    const [{ time, expiresAt }] = waiting.messages;
    expect(Math.abs(expiresAt - time - 3_600_000)).toBeLessThan(1_000);
    expect(JSON.stringify(waiting)).not.toContain("secret");
  } finally {
    await server.stop();
  }
});
