// The stock client over one transport in Node, run as `node transports-in-node.mjs URL WAY`: a line of JSON for each thing.
import { Centrifuge } from "centrifuge";
import { Centrifuge as CentrifugeProtobuf } from "centrifuge/build/protobuf";
import EventSource from "eventsource";
import WebSocket from "ws";
import { converse } from "./conversation.mjs";

const [url, way] = process.argv.slice(2);

await converse({
  way,
  url,
  clients: { json: Centrifuge, protobuf: CentrifugeProtobuf },
  options: { websocket: WebSocket, eventsource: EventSource, fetch, readableStream: ReadableStream },
  tell: (what, value) => console.log(JSON.stringify({ what, value: value ?? null })),
});
process.exit(0);
