import { type Counting, commandIdFirst, type Speech } from "./speech.ts";

/** The Centrifuge protocol, JSON over a WebSocket; `counting` depends on what the server's pushes look like. */
export function centrifuge(counting: Counting): Speech {
  return {
    name: "centrifuge",
    counting,
    bound: false,
    target: () => "/connection/websocket",
    joinFrames: (channel) => [`{"id":1,"connect":{}}\n{"id":2,"subscribe":{"channel":${JSON.stringify(channel)}}}`],
    publisherFrames: () => ['{"id":1,"connect":{}}'],
    isGreeted,
    publishText: (channel, payload) =>
      `{"id":${commandIdFirst},"publish":{"channel":${JSON.stringify(channel)},"data":${payload}}}`,
    answered: true,
  };
}

function isGreeted(text: string, role: "receiver" | "publisher"): boolean {
  if (text.includes('"error"')) throw new Error(`the server answered with an error: ${text}`);
  return text.includes(role === "receiver" ? '"subscribe":' : '"connect":');
}
