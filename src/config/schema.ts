import * as v from "valibot";
import { channel } from "../options/channel.ts";
import { section } from "../options/option.ts";
import { proxies } from "../options/proxy.ts";
import { httpApi, pushLog, pushQueue } from "./sections/api.ts";
import { client } from "./sections/client.ts";
import { operatorConsole } from "./sections/console.ts";
import { eventOutbox, proxy, rpc } from "./sections/hooks.ts";
import { httpServer } from "./sections/http-server.ts";
import { mount } from "./sections/mount.ts";
import { broker } from "./sections/nats.ts";
import { engine, health, log, node, prometheus, shutdown } from "./sections/operations.ts";
import {
  echo,
  emulation,
  httpStream,
  plain,
  sse,
  uniHttpStream,
  uniSse,
  uniWebsocket,
  web,
  websocket,
} from "./sections/transports.ts";

/** Every option that is supported, with its default; what a file may hold. */
export const optionsSchema = section({
  http_server: v.optional(httpServer, {}),
  client: v.optional(client, {}),
  websocket: v.optional(websocket, {}),
  sse: v.optional(sse, {}),
  http_stream: v.optional(httpStream, {}),
  emulation: v.optional(emulation, {}),
  uni_websocket: v.optional(uniWebsocket, {}),
  uni_sse: v.optional(uniSse, {}),
  uni_http_stream: v.optional(uniHttpStream, {}),
  plain: v.optional(plain, {}),
  echo: v.optional(echo, {}),
  web: v.optional(web, {}),
  mount: v.optional(mount, {}),
  channel: v.optional(channel, {}),
  rpc: v.optional(rpc, {}),
  proxies,
  proxy: v.optional(proxy, {}),
  event_outbox: v.optional(eventOutbox, {}),
  engine: v.optional(engine, {}),
  broker: v.optional(broker, {}),
  http_api: v.optional(httpApi, {}),
  push_log: v.optional(pushLog, {}),
  push_queue: v.optional(pushQueue, {}),
  shutdown: v.optional(shutdown, {}),
  health: v.optional(health, {}),
  prometheus: v.optional(prometheus, {}),
  console: v.optional(operatorConsole, {}),
  log: v.optional(log, {}),
  node: v.optional(node, {}),
});

/** The options as they were read; those that inherit are still empty. */
type Options = v.InferOutput<typeof optionsSchema>;

/** The rules of one namespace as they were read. */
type ChannelOptions = Options["channel"]["without_namespace"];

/** The least default of `client.recovery_max_publication_limit`: that of Centrifugo, in publications. */
const recoveryLimitMin = 300;

/** The least default of `client.message_burst_limit`, in messages. */
const messageBurstMin = 2_000;

/** Bytes that a client may send at once by default: for each channel that it may have, and within bounds. */
const requestBytes = { min: 65_536, perChannel: 512, max: 16_777_216 };

/** The configuration: what was read, with the defaults filled in that follow from other options. */
export const configSchema = v.pipe(
  optionsSchema,
  v.transform((options) => ({
    ...options,
    client: {
      ...options.client,
      // A client that connects again sends a connect, and a subscribe for each of its channels.
      message_burst_limit:
        options.client.message_burst_limit ?? Math.max(messageBurstMin, options.client.channel_limit + 1),
      recovery_max_publication_limit:
        options.client.recovery_max_publication_limit ?? Math.max(recoveryLimitMin, ...historySizes(options)),
    },
    websocket: {
      ...options.websocket,
      message_size_limit: options.websocket.message_size_limit ?? subscribesBytes(options),
    },
    emulation: {
      ...options.emulation,
      max_request_body_size: options.emulation.max_request_body_size ?? subscribesBytes(options),
    },
    channel: {
      ...options.channel,
      without_namespace: inherit(options.channel.without_namespace, options),
      namespaces: options.channel.namespaces.map((namespace) => inherit(namespace, options)),
    },
  })),
);

/** Room for a subscribe to each channel that a client may have. */
function subscribesBytes({ client }: Options): number {
  return Math.min(requestBytes.max, Math.max(requestBytes.min, requestBytes.perChannel * client.channel_limit));
}

function historySizes({ channel }: Options): number[] {
  return [channel.without_namespace, ...channel.namespaces].map(({ history_size }) => history_size);
}

/** Fills in what a namespace leaves to `channel` and `engine`. */
function inherit<Rules extends ChannelOptions>(rules: Rules, { channel, engine }: Options) {
  return {
    ...rules,
    engine: rules.engine === "" ? engine.type : rules.engine,
    history_meta_ttl: rules.history_meta_ttl === 0 ? channel.history_meta_ttl : rules.history_meta_ttl,
    publication_data_format: rules.publication_data_format || channel.publication_data_format,
  };
}
