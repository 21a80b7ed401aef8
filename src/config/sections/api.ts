import * as v from "valibot";
import { alternatives, expected } from "../../options/expectations.ts";
import {
  choice,
  count,
  duration,
  flag,
  headerKey,
  list,
  records,
  secret,
  secretText,
  section,
  text,
} from "../../options/option.ts";
import { urlPath } from "./transports.ts";

/** The methods of the API, which a key may be limited to. */
const methods = [
  "publish",
  "broadcast",
  "subscribe",
  "unsubscribe",
  "disconnect",
  "refresh",
  "presence",
  "presence_stats",
  "history",
  "history_remove",
  "channels",
  "info",
  "batch",
  "rpc",
  "send",
  "push_log",
];

/** The name of a key appears in logs. */
const keyName = { pattern: /^[-\w.]{1,64}$/, means: "a name of up to 64 letters, digits, -, _ or ." };

/** `http_api`: what a back end may call. Without a key the API is off. */
export const httpApi = section({
  disabled: flag(false, "Whether the API is not served, whatever keys there are."),
  handler_prefix: text("/api", "The path of the API, which Centrifugo's clients know.", urlPath),
  key: secret("The key that may do everything; empty for none.", headerKey),
  keys: records("Further keys, each with a name for the log and with limits of its own.", {
    name: v.pipe(
      v.string(expected(keyName.means)),
      v.regex(keyName.pattern, expected(keyName.means)),
      v.metadata({ kind: "text" }),
      v.description("The name that appears in the log and in the push log."),
    ),
    key: v.pipe(secretText("The key itself.", headerKey), v.minLength(1, "expected a key, got an empty one")),
    methods: list("The methods that this key may call; empty for all, with `channels` for all that name a channel.", {
      pattern: new RegExp(`^(?:${methods.join("|")})$`),
      means: alternatives(methods),
    }),
    stream_share_percent: count(
      100,
      "Percent of `engine.stream_limit` and of an engine's `max_bytes` that this key may take; over it error 106.",
      { unit: "percent", min: 1, max: 100 },
    ),
    channels: list("Patterns of the channels that this key may touch, with `*` for anything; empty for all.", {
      pattern: /./,
      means: "a pattern of channels",
    }),
  }),
  query_key: flag(true, "Whether `?api_key=` counts, as in Centrifugo; a query is never logged."),
  insecure: flag(false, "Whether no key is asked for; for development alone."),
  error_mode: choice(
    ["", "custom", "transport"],
    "",
    "Whether an error is an HTTP status too (`transport`), as in Centrifugo.",
  ),
  rate_limit: count(
    0,
    "Requests of one key a second (429), each command of a batch and each channel of a broadcast counted, up to those of a second; 0 for no limit.",
    { unit: "requests/s" },
  ),
  body_size_limit: count(1_048_576, "Bytes of one request (413): room for a broadcast to thousands.", {
    unit: "bytes",
    min: 1,
  }),
  response_size_limit: count(
    16_777_216,
    "Bytes of one answer: a history, a presence or a list that would be longer is error 106.",
    { unit: "bytes", min: 1 },
  ),
  broadcast_limit: count(
    10_000,
    "Channels in one broadcast, and commands in one batch (107): one turn of the event loop.",
    {
      unit: "channels",
      min: 1,
    },
  ),
});

/** `push_log`: what became of each push. */
export const pushLog = section({
  enabled: flag(true, "Whether pushes of the API are recorded."),
  path: text(
    "data/push.db",
    "The file of the push log and of messages that wait, relative to the working directory; one of its own.",
    {
      pattern: /./,
      means: "a path",
    },
  ),
  retention: duration("168h", "Time for which entries are kept: a week, long enough to ask what happened.", {
    min: "1s",
  }),
  size: count(1_000_000, "Entries kept at the most, whatever their age; some hundred bytes each.", {
    unit: "entries",
    min: 1,
  }),
  payloads: flag(false, "Whether entries hold what was pushed; off, because that may be private."),
});

/** `push_queue`: messages that wait for users. */
export const pushQueue = section({
  size: count(100, "Messages that wait for one user, of up to 64 KiB each.", { unit: "messages", min: 1 }),
  ttl: duration("168h", "The longest time for which a message waits, whatever its send asks for.", { min: "1s" }),
});
