import { centrifuge } from "./centrifuge.ts";
import { plain } from "./plain.ts";
import { socketIo } from "./socket-io.ts";
import type { Speech } from "./speech.ts";
import { eventStream, filtered, protobuf } from "./transports.ts";

/** The speeches that a load can have. */
export type SpeechName =
  | "plain"
  | "plain-pinged"
  | "socket.io"
  | "centrifuge"
  | "centrifuge-offsets"
  | "centrifuge-joined"
  | "protobuf"
  | "sse"
  | "filtered";

/** The speech of that name; `path` is the path of the plain one. */
export function speechOf(name: SpeechName, path: string): Speech {
  switch (name) {
    case "plain":
      return plain(path);
    case "plain-pinged":
      return plain(path, "walk");
    case "socket.io":
      return socketIo;
    case "centrifuge":
      return centrifuge("fixed");
    case "centrifuge-offsets":
      return centrifuge("walk");
    case "centrifuge-joined":
      return centrifuge("joined");
    case "protobuf":
      return protobuf;
    case "sse":
      return eventStream;
    case "filtered":
      return filtered("walk");
  }
}
