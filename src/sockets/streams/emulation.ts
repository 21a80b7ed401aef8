import type { Frame } from "../../core/frame.ts";
import { type MaybePromise, then } from "../../core/maybe-promise.ts";
import { isObject } from "../../core/object.ts";
import { stringIn, textOf } from "../../core/payload.ts";
import type { Bodies } from "../../http/bodies.ts";
import { answer, lateBody } from "../../http/responses.ts";
import { crossOriginHeaders, type OriginCheck, preflight, refusedMethod } from "./cross-origin.ts";
import type { Sessions } from "./sessions.ts";
import type { StreamSocket } from "./stream-socket.ts";

/** A request that brings commands of a session. */
export interface EmulationRequest {
  readonly session: string;
  readonly node: string;
  /** Commands as a frame; null where the request has none, so that none is executed. */
  readonly data: Frame | null;
}

/** Sessions of other nodes. */
export interface OtherSessions {
  /** Hands a request to the node of its session; false where there is none, or it does not answer within a second. */
  handOver(request: EmulationRequest, isProtobuf: boolean): Promise<boolean>;
}

/** What the emulation endpoint works with. */
export interface EmulationPorts {
  readonly bodies: Bodies;
  readonly sessions: Sessions;
  /** The id of this node. */
  readonly node: string;
  /** The other nodes; null where there are none. */
  readonly others: OtherSessions | null;
  /** Bytes of a request's body; over it 413. */
  readonly bodyBytesMax: number;
  readonly isOriginAllowed: OriginCheck;
  /** Reads a request in Protobuf; null where it is not one. */
  readProtobuf(body: Uint8Array): EmulationRequest | null;
  /** Executes commands of a connection, which are answered down its stream. */
  execute(socket: StreamSocket, frame: Frame): MaybePromise<void>;
}

/**
 * `POST /emulation`: commands of clients whose connection is a streamed response. 204 says that they were handed over. A
 * session that has ended is no error, because its client learns that from its stream.
 */
export function createEmulation(ports: EmulationPorts) {
  return (request: Request): Response | Promise<Response> => {
    if (request.method === "OPTIONS") return preflight(request, ports.isOriginAllowed);
    if (request.method !== "POST") return refusedMethod(request, ports.isOriginAllowed, "POST, OPTIONS");
    return new Promise<Response>((respond) => {
      ports.bodies.bytes(request, ports.bodyBytesMax, (body) => {
        if (body instanceof Uint8Array) respond(respondTo(ports, request, body));
        else if (body.unread !== "large") respond(lateBody());
        else respond(tooLarge(ports, request));
      });
    });
  };
}

function tooLarge({ isOriginAllowed }: EmulationPorts, request: Request): Response {
  const headers = crossOriginHeaders(request, isOriginAllowed);
  return answer(413, "The body is over emulation.max_request_body_size.", headers);
}

function respondTo(ports: EmulationPorts, request: Request, body: Uint8Array): MaybePromise<Response> {
  const headers = crossOriginHeaders(request, ports.isOriginAllowed);
  const isProtobuf = request.headers.get("content-type") === "application/octet-stream";
  const emulation = isProtobuf ? ports.readProtobuf(body) : readJson(body);
  if (emulation === null) return answer(400, "Expected an object with session, node and data.", headers);
  const taken = () => new Response(null, { status: 204, headers });
  const unknown = () => answer(404, "No node has this name.", headers);
  if (emulation.node === ports.node) {
    return then(takeCommands(ports, emulation, isProtobuf), taken);
  }
  if (!ports.others || emulation.node === "") return unknown();
  return ports.others.handOver(emulation, isProtobuf).then((isTaken) => (isTaken ? taken() : unknown()));
}

/** Executes the commands of a session of this node; done when they were read. */
export function takeCommands(
  { sessions, execute }: Pick<EmulationPorts, "sessions" | "execute">,
  emulation: EmulationRequest,
  isProtobuf: boolean,
): MaybePromise<void> {
  const socket = sessions.get(emulation.session);
  const data = emulation.data !== null && socket ? frameFor(socket, emulation.data, isProtobuf) : null;
  return socket && data !== null ? execute(socket, data) : undefined;
}

/** In a request in Protobuf the commands of a JSON session are a string of JSON; of anything else nothing is executed. */
function frameFor({ protocol }: StreamSocket, data: Frame, isProtobuf: boolean): Frame | null {
  if (!isProtobuf || protocol.isBinary || typeof data === "string") return data;
  const text = textOf(data);
  if (text === "null") return "";
  try {
    return text === null ? null : stringIn(text);
  } catch {
    return null;
  }
}

/** A request in JSON; null where it is malformed. `null` is a request without fields. */
function readJson(body: Uint8Array): EmulationRequest | null {
  const value = parsed(body);
  if (value === null) return { session: "", node: "", data: null };
  if (!isObject(value)) return null;
  const { session = "", node = "", data } = value;
  if (typeof (session ?? "") !== "string" || typeof (node ?? "") !== "string") return null;
  const frame = data === null ? "" : typeof data === "string" ? data : null;
  return { session: String(session ?? ""), node: String(node ?? ""), data: frame };
}

function parsed(body: Uint8Array): unknown {
  const text = textOf(body);
  if (text === null) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
