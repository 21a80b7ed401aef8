import { describe, expect, test } from "bun:test";
import { clientFrame, closeOf, opcodes } from "../support/frames.ts";
import { RawClient } from "../support/raw.ts";
import { sharedServer } from "../support/shared-server.ts";
import { type Case, close, failsWith, hex, ping, testCases, text } from "./rfc6455-cases.ts";

const server = sharedServer();
const url = () => server().ws;

/** Those of 7.4.1 that may stand in a frame, those that the registry of 11.7 got later, and both ends of 7.4.2. */
const validCodes = [
  1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3001, 3999, 4000, 4999,
];

/** Not in use, reserved for what is never sent (1004, 1005, 1006, 1015), not assigned yet, or beyond 4999. */
const invalidCodes = [0, 1, 125, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535];

describe("the closing handshake (5.5.1, 7.1)", () => {
  const echoed = validCodes.map(
    (code): Case => [`close ${code} is answered with ${code}, and the connection ends`, [close(code)], failsWith(code)],
  );
  testCases("WS17", url, [
    ...echoed,
    ["a close without a code is answered without one", [close()], failsWith(1005)],
    ["a message before the close still arrives", [text("a"), close(1000)], failsWith(1000, ["a"])],
    ["a reason of 123 bytes is answered", [close(1000, "r".repeat(123))], failsWith(1000)],
    ["a reason in any script is answered", [close(1000, "κόσμε ✓ 😀")], failsWith(1000)],
  ]);

  const invalid = invalidCodes.map(
    (code): Case => [`close ${code} fails with 1002`, [text("a"), close(code)], failsWith(1002, ["a"])],
  );
  testCases("WS18", url, [
    ...invalid,
    ["a close of one byte fails with 1002", [clientFrame(opcodes.close, Buffer.of(3))], failsWith(1002)],
    ["a close of one byte 0 fails with 1002", [clientFrame(opcodes.close, Buffer.of(0))], failsWith(1002)],
    ["a reason with a surrogate fails with 1007", [close(1000, hex("6f6b eda080"))], failsWith(1007)],
    ["a reason with a cut character fails with 1007", [close(1000, hex("6f6b e282"))], failsWith(1007)],
    ["an overlong reason fails with 1007", [close(1000, hex("c080"))], failsWith(1007)],
  ]);

  testCases("WS19", url, [
    ["a message after the close is not read", [close(1000), text("late")], failsWith(1000)],
    ["a ping after the close is not answered", [close(1000), ping("late")], failsWith(1000)],
    ["a second close is not answered", [close(1000), close(1001)], failsWith(1000)],
    ["a fault after the close changes nothing", [close(1000), text("x", { rsv: 7 })], failsWith(1000)],
    ["nothing is read after a fault", [text("x", { rsv: 7 }), text("late"), close(1000)], failsWith(1002)],
  ]);

  test.each(["/echo", "/ws"])("[WS17] the reason comes back with the code (%s)", async (path) => {
    using client = await RawClient.open(url() + path);
    client.sendClose(4321, "κόσμε");
    const frame = await client.nextFrame();
    expect(closeOf(frame)).toEqual({ code: 4321, reason: "κόσμε" });
    expect(await client.ended()).toBe("fin");
  });
});
