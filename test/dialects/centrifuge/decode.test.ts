import { expect, test } from "bun:test";
import type { Frame } from "../../../src/core/frame.ts";
import { createCentrifugeJson } from "../../../src/dialects/centrifuge/json.ts";

const dialect = createCentrifugeJson({ commandsPerFrameMax: 256 });
const decode = (frame: Frame) => dialect.decode(frame, "");

const noWish = {
  recover: null,
  positioned: false,
  recoverable: false,
  joinLeave: false,
  rejectUnrecovered: false,
};

test("[CD1] the optimistic first frame of an SDK is a connect and its subscribes, in order", () => {
  const frame = '{"connect":{"name":"js"},"id":1}\n{"subscribe":{"channel":"a","flag":1},"id":2}';
  expect(decode(frame)).toEqual({
    commands: [
      { method: "connect", id: 1, token: "", subs: new Map(), name: "js" },
      { method: "subscribe", id: 2, channel: "a", token: "", type: 0, delta: "", filtered: false, ...noWish },
    ],
    malformed: false,
  });
});
