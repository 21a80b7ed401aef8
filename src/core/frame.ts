/** One WebSocket message: a string is a text frame, bytes are a binary frame. */
export type Frame = string | Uint8Array;

/** The languages that a client can speak; each has a folder under `src/protocols`. */
export type ProtocolName = "plain" | "centrifuge" | "echo";
