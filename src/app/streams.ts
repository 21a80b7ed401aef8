import type { Surveys } from "../cluster/surveys.ts";
import type { Config } from "../config/config.ts";
import type { Endpoint, Route } from "../http/routes.ts";
import { createCentrifugeJson } from "../protocol/centrifuge/json.ts";
import { readEmulation } from "../protocol/centrifuge/protobuf/emulation.ts";
import { createCentrifugeProtobuf } from "../protocol/centrifuge/protobuf.ts";
import { createCentrifugeUniJson } from "../protocol/centrifuge/uni-json.ts";
import { createEmulation } from "../sockets/streams/emulation.ts";
import { eventStream, jsonLines, protobufMessages } from "../sockets/streams/framing.ts";
import { createOtherSessions } from "../sockets/streams/other-sessions.ts";
import { Sessions } from "../sockets/streams/sessions.ts";
import { createStreams, type StreamPorts, type StreamRoute } from "../sockets/streams/streams.ts";
import { transformsOf } from "./options.ts";
import { commandsPerFrameMax, settingsOf } from "./protocols.ts";

/** The paths of the transports that stream responses, where they are enabled. */
export function createStreamEndpoints(
  config: Config,
  ports: Omit<StreamPorts, "sessions"> & { readonly surveys: Surveys | null },
): ReadonlyMap<string, Route> {
  const { sse, http_stream, emulation } = config;
  const sessions = new Sessions();
  const routes = streamRoutes(config);
  const endpoints = new Map<string, Route>();
  const serve = (path: string, endpoint: Endpoint) => endpoints.set(path, { endpoint, anyHost: false });
  const streams = createStreams({ ...ports, sessions });
  if (sse.enabled) serve(sse.handler_prefix, streams(routes.sse));
  if (http_stream.enabled) serve(http_stream.handler_prefix, streams(routes.httpStream));
  const hasSessions = endpoints.size > 0;
  if (config.uni_sse.enabled) serve(config.uni_sse.handler_prefix, streams(routes.uniSse));
  if (config.uni_http_stream.enabled) serve(config.uni_http_stream.handler_prefix, streams(routes.uniHttpStream));
  if (!hasSessions) return endpoints;
  const bodyBytesMax = emulation.max_request_body_size;
  const readProtobuf = readEmulation;
  const others = ports.surveys && createOtherSessions(ports.surveys, { ...ports, sessions });
  serve(emulation.handler_prefix, createEmulation({ ...ports, sessions, others, bodyBytesMax, readProtobuf }));
  return endpoints;
}

function streamRoutes(config: Config): Record<"sse" | "httpStream" | "uniSse" | "uniHttpStream", StreamRoute> {
  const options = { commandsPerFrameMax: commandsPerFrameMax(config) };
  const settings = settingsOf(config).centrifuge;
  const json = createCentrifugeJson(options, settings);
  const protobuf = createCentrifugeProtobuf(options, settings);
  const uni = createCentrifugeUniJson(settings);
  const inProtobuf = { protocol: protobuf, framing: protobufMessages };
  const inJson = { protocol: json, framing: jsonLines };
  return {
    sse: {
      methods: ["GET", "POST"],
      frameWithoutQuery: null,
      refusals: null,
      bodyBytesMax: config.sse.max_request_body_size,
      choose: () => ({ protocol: json, framing: eventStream }),
    },
    httpStream: {
      methods: ["POST", "OPTIONS"],
      frameWithoutQuery: null,
      refusals: null,
      bodyBytesMax: config.http_stream.max_request_body_size,
      choose: ({ headers }) => (headers.get("content-type") === "application/octet-stream" ? inProtobuf : inJson),
    },
    uniSse: {
      methods: ["GET", "POST"],
      frameWithoutQuery: "{}",
      bodyBytesMax: config.uni_sse.max_request_body_size,
      refusals: refusalsOf(config.uni_sse),
      choose: () => ({ protocol: uni, framing: eventStream }),
    },
    uniHttpStream: {
      methods: ["POST", "OPTIONS"],
      frameWithoutQuery: null,
      bodyBytesMax: config.uni_http_stream.max_request_body_size,
      refusals: refusalsOf(config.uni_http_stream),
      choose: () => ({ protocol: uni, framing: jsonLines }),
    },
  };
}

function refusalsOf({ connect_code_to_http_response: codes }: Config["uni_sse"]): StreamRoute["refusals"] {
  return codes.enabled ? transformsOf(codes) : null;
}
