import { type Payload, payloadToBytes, payloadToJson } from "../../core/payload.ts";
import type { ProxyOptions } from "../../options/proxy.ts";
import type { HookClient, HookKind, HookTypes } from "../hooks.ts";
import { HttpFault } from "./endpoint.ts";

/** How the bodies of one hook are written. */
export type BodyOptions = Pick<ProxyOptions, "binary_encoding" | "include_connection_meta">;

/** Writes the body of a request; the client's payload is in it as it came. Throws where it cannot be written as JSON. */
export function bodyOf<K extends HookKind>(
  kind: K,
  client: HookClient,
  { request, options }: { readonly request: HookTypes[K]["request"]; readonly options: BodyOptions },
): string {
  const members: string[] = [];
  const text = (name: string, value: string) => members.push(`"${name}":${JSON.stringify(value)}`);
  text("client", client.id);
  text("transport", client.transport);
  text("protocol", client.encoding);
  text("encoding", options.binary_encoding ? "binary" : "json");
  if (kind !== "connect") text("user", client.user);
  if (options.include_connection_meta && client.meta !== null) members.push(`"meta":${client.meta}`);
  const { name, version, channels, channel, method, data }: RequestFields = request;
  if (name) text("name", name);
  if (version) text("version", version);
  if (channels && channels.length > 0) members.push(`"channels":${JSON.stringify(channels)}`);
  if (channel !== undefined) text("channel", channel);
  if (method) text("method", method);
  const payload = data ? dataMember(data, options) : null;
  if (payload !== null) members.push(payload);
  return `{${members.join(",")}}`;
}

/** Every field that a request of any kind may have. */
interface RequestFields {
  readonly name?: string;
  readonly version?: string;
  readonly channels?: readonly string[];
  readonly channel?: string;
  readonly method?: string;
  readonly data?: Payload | null;
}

function dataMember(data: Payload, { binary_encoding }: BodyOptions): string | null {
  if (data.kind === "json" && data.json === "") return null;
  if (binary_encoding) return `"b64data":"${Buffer.from(payloadToBytes(data)).toString("base64")}"`;
  if (data.kind === "binary") throw new HttpFault("the client's bytes are not JSON, and binary_encoding is off");
  return `"data":${payloadToJson(data)}`;
}
