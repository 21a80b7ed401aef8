/** One WebSocket message: a string is a text frame, bytes are a binary frame. */
export type Frame = string | Uint8Array;
