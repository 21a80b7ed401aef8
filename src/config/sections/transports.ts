import * as v from "valibot";
import { count, derivedCount, duration, flag, records, section, text } from "../../options/option.ts";

/** A path at which something is served. */
export const urlPath = { pattern: /^\/[\w./~-]*$/, means: 'a path such as "/metrics"' };

/** A client that connects sends a subscribe for each of its channels at once. */
const allSubscribesBytes = "65536, at least 512 x `client.channel_limit`";

/** `websocket`: the Centrifuge protocol. */
export const websocket = section({
  disabled: flag(false, "Whether the Centrifuge protocol is not served."),
  handler_prefix: text(
    "/connection/websocket",
    "The path of the Centrifuge protocol, which stock clients know.",
    urlPath,
  ),
  message_timeout: duration(
    "60s",
    "Time for a message of any path from its first byte, and a second for each 16 KiB of it; over it the connection is " +
      "closed with 3008. On Linux alone, where the kernel tells what has arrived; 0 for no limit.",
  ),
  message_size_limit: derivedCount(
    allSubscribesBytes,
    "Bytes of one frame of the Centrifuge protocol (1009). Where it is not set, a client may connect with all of its " +
      "channels in one frame.",
    { unit: "bytes", min: 1 },
  ),
});

/** `plain`: the protocol of bare frames, at `/ws`. */
export const plain = section({
  enabled: flag(true, "Whether the plain protocol is served at `/ws`."),
  channel: text("lobby", "The channel of a plain client that names none.", {
    pattern: /./,
    means: "the name of a channel",
  }),
  text_size_limit: count(65_536, "Bytes of one text frame (1009); as for the Centrifuge protocol.", {
    unit: "bytes",
    min: 1,
  }),
  binary_size_limit: count(16_777_216, "Bytes of one binary frame (1009): the largest file that the page sends.", {
    unit: "bytes",
    min: 1,
  }),
  queue_max_size: count(
    20_971_520,
    "Unsent bytes of one plain connection, before it is slow: one largest file and some.",
    {
      unit: "bytes",
      min: 1,
    },
  ),
  ping_interval: duration("25s", "Time between native pings; under the 30 s after which many proxies cut.", {
    min: "1s",
  }),
  pong_timeout: duration(
    "60s",
    "Time for the pong, from when nothing was unsent (3012): a pong cannot overtake a file on its way.",
    { min: "1ms" },
  ),
});

/** `echo`: a socket that returns what it gets. */
export const echo = section({
  enabled: flag(false, "Whether `/echo` is served; the development profile serves it, as the first thing to try."),
});

/** `web`: the page. */
export const web = section({
  enabled: flag(true, "Whether a page is served at `/`."),
  directory: text("", "A folder of one's own that is served at `/` in place of our page."),
});

/** The options of a transport that streams a response over HTTP. */
function streamed(path: string, what: string) {
  return {
    enabled: flag(false, `Whether ${what} is served, for networks that block WebSocket; as in Centrifugo.`),
    handler_prefix: text(path, `The path of ${what}, which stock clients know.`, urlPath),
    max_request_body_size: requestBodySize(),
  };
}

function requestBodySize() {
  return count(65_536, "Bytes of the body of one request (413); as in Centrifugo.", { unit: "bytes", min: 1 });
}

/** `sse`: the Centrifuge protocol down an event stream. */
export const sse = section(streamed("/connection/sse", "the Centrifuge protocol over server-sent events"));

/** `http_stream`: the Centrifuge protocol down a response of lines, or of Protobuf messages. */
export const httpStream = section(streamed("/connection/http_stream", "the Centrifuge protocol over HTTP streaming"));

/** `emulation`: commands of clients of the two. */
export const emulation = section({
  handler_prefix: text("/emulation", "The path of their commands, which stock clients know.", urlPath),
  max_request_body_size: derivedCount(allSubscribesBytes, "Bytes of the body of one request (413).", {
    unit: "bytes",
    min: 1,
  }),
});

/** What a refused connect is answered with, over HTTP. */
const connectCodeToHttpResponse = section({
  enabled: flag(false, "Whether a connect that is refused is answered with a status of HTTP, and 500 for other codes."),
  transforms: records("The code of an error or a disconnect, and the response for it.", {
    code: count(0, "The code of the error or disconnect.", { unit: "code" }),
    to: section({
      status_code: count(500, "The status.", { unit: "code", min: 200, max: 599 }),
      body: text("", "The body; empty for the reason."),
    }),
  }),
});

function unidirectional(path: string, what: string) {
  return {
    enabled: flag(false, `Whether ${what} is served; as in Centrifugo.`),
    handler_prefix: text(path, `The path of ${what}.`, urlPath),
  };
}

/** `uni_websocket`: bare pushes over WebSocket. */
export const uniWebsocket = section({
  ...unidirectional("/connection/uni_websocket", "the unidirectional WebSocket"),
  message_size_limit: count(65_536, "Bytes of one frame of its clients (1009); as in Centrifugo.", {
    unit: "bytes",
    min: 1,
  }),
  disable_disconnect_push: flag(false, "Whether a disconnect is sent in the close frame alone."),
  join_push_messages: flag(
    false,
    "Read so that Centrifugo's files load, and without effect (one warning): each push has a frame of its own.",
  ),
});

/** `uni_sse`: bare pushes as server-sent events. */
export const uniSse = section({
  ...unidirectional("/connection/uni_sse", "the unidirectional event stream"),
  max_request_body_size: requestBodySize(),
  connect_code_to_http_response: v.optional(connectCodeToHttpResponse, {}),
});

/** `uni_http_stream`: bare pushes, one a line. */
export const uniHttpStream = section({
  ...unidirectional("/connection/uni_http_stream", "the unidirectional HTTP stream"),
  max_request_body_size: requestBodySize(),
  connect_code_to_http_response: v.optional(connectCodeToHttpResponse, {}),
});
