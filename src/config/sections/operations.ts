import * as v from "valibot";
import { choice, count, countOrWord, duration, flag, secret, section, text } from "../../options/option.ts";
import { redis } from "./redis.ts";
import { urlPath } from "./transports.ts";

const sqlite = section({
  path: text(
    "data/chorus.db",
    "The file of history and queue, relative to the working directory, made with its folder.",
    {
      pattern: /./,
      means: "a path",
    },
  ),
  synchronous: choice(
    ["full", "normal"],
    "full",
    "What a commit survives: a loss of power (`full`), or the process alone.",
  ),
  max_bytes: count(10_737_418_240, "Bytes of the file that are in use; over it a publish is error 100.", {
    unit: "bytes",
    min: 1_048_576,
    max: Number.MAX_SAFE_INTEGER,
  }),
});

const memory = section({
  max_bytes: count(
    268_435_456,
    "Bytes of publications kept in memory, with 128 for each; over it a publish is error 100.",
    {
      unit: "bytes",
      min: 1,
    },
  ),
});

/** `engine`: where the history of channels is kept. */
export const engine = section({
  type: choice(
    ["sqlite", "memory", "redis"],
    "sqlite",
    "Where history is kept; `sqlite`, because acknowledged is not to be lost; `redis` for several nodes.",
  ),
  stream_limit: count(
    200_000,
    "Channels with a position, in memory and in the file each; those without a publication go first, and over it a new " +
      "one is error 100.",
    { unit: "channels", min: 1 },
  ),
  memory: v.optional(memory, {}),
  sqlite: v.optional(sqlite, {}),
  redis: v.optional(redis, {}),
});

/** `health`: whether the server lives. */
export const health = section({
  enabled: flag(true, "Whether `/healthz`, `/readyz` and Centrifugo's path are served."),
  handler_prefix: text("/health", "Centrifugo's path of the same.", urlPath),
});

/** `prometheus`: what the server counts. */
export const prometheus = section({
  enabled: flag(true, "Whether metrics are served: in the development profile, on the internal port, or to the key."),
  handler_prefix: text("/metrics", "The path of the metrics.", urlPath),
  key: secret("The bearer token with which metrics can be read on the public port; empty for none.", {
    pattern: /^[\x21-\x7e]*$/,
    means: "a key of visible ASCII characters without blanks, because it is a bearer token",
  }),
});

/** `shutdown`: the drain. */
export const shutdown = section({
  timeout: duration("30s", "Time for the whole drain, before the process ends with code 1.", { min: "1ms" }),
  batch_size: count(1_000, "Connections closed at once, so that their clients do not come back in one instant.", {
    unit: "connections",
    min: 1,
  }),
  batch_interval: duration("100ms", "Time between two batches, with jitter."),
});

/** `log`: what is logged, to stderr. */
export const log = section({
  level: choice(
    ["trace", "debug", "info", "warn", "error", "fatal", "none"],
    "info",
    "The least level that is logged.",
  ),
  format: choice(
    ["auto", "json", "pretty"],
    "auto",
    "The form of a line; `auto` is pretty on a terminal, JSON elsewhere.",
  ),
});

/** `node`: this process among others. */
export const node = section({
  name: text("", "What the API's `info` calls this node; empty for a name made of host and port, as in Centrifugo."),
  processes: countOrWord(
    "auto",
    1,
    "Processes that share the port, so that the node uses as many cores; `auto` for one for each core. With 1 there is " +
      "one process, otherwise a parent beside them that has the broker, and everything else that is kept.",
    { unit: "processes", min: 1, max: 256 },
  ),
});
