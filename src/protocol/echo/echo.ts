import type { Protocol } from "../protocol.ts";

/**
 * The language of `/echo`: none. Its frames go straight back through the connection's gate and are never commands, so
 * there is nothing to read and nothing to say.
 */
export const echo: Protocol = {
  name: "echo",
  decode: () => ({ commands: [], malformed: false }),
  encodeReply: () => null,
  encodePush: () => null,
  encodePublication: () => "",
  encodeMessage: () => "",
  ping: null,
};
