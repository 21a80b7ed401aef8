import type { Frame } from "../../core/frame.ts";

/** How the frames of a protocol are written in the body of a streamed response. */
export interface Framing {
  /** The name of the transport for hooks. */
  readonly transport: string;
  readonly contentType: string;
  /** What the body begins with; "" for nothing. */
  readonly opening: string;
  /** One frame as bytes of the body. */
  wrap(frame: Frame): Uint8Array;
}

const utf8 = new TextEncoder();

/** A publication goes to each stream of a channel in turn: the frame that was wrapped last is not wrapped again. */
function remembered(wrap: (frame: Frame) => Uint8Array): (frame: Frame) => Uint8Array {
  let last: Frame | null = null;
  let wrapped: Uint8Array = new Uint8Array();
  return (frame) => {
    if (frame !== last) {
      wrapped = wrap(frame);
      last = frame;
    }
    return wrapped;
  };
}

function textOf(frame: Frame): string {
  return typeof frame === "string" ? frame : new TextDecoder().decode(frame);
}

/**
 * Server-sent events: each frame is the data of one event. A carriage return would end the line; in JSON a raw one stands
 * between tokens alone, and can be left out. For the same reason the opening is no CRLF, which Centrifugo writes: where it
 * shares a chunk with the first event, the npm package `eventsource` 2 takes the end of that event for a part of it.
 */
export const eventStream: Framing = {
  transport: "sse",
  contentType: "text/event-stream; charset=utf-8",
  opening: "\n",
  wrap: remembered((frame) => utf8.encode(`data: ${textOf(frame).replaceAll("\r", "")}\n\n`)),
};

/** JSON, one frame a line. */
export const jsonLines: Framing = {
  transport: "http_stream",
  contentType: "text/plain; charset=utf-8",
  opening: "",
  wrap: remembered((frame) => utf8.encode(`${textOf(frame)}\n`)),
};

/** Protobuf: each message has its length before it. */
export const protobufMessages: Framing = {
  transport: "http_stream",
  contentType: "application/octet-stream",
  opening: "",
  wrap: (frame) => (typeof frame === "string" ? utf8.encode(frame) : frame),
};
