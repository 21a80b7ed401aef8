import type { Speech } from "./speech.ts";

/**
 * socket.io's own protocol, spoken raw: Engine.IO 4 packets (0 open, 4 message) that carry Socket.IO packets (0
 * connect, 2 event), each a text frame. The channel is the room that the peer puts the client in.
 */
export const socketIo: Speech = {
  name: "socket.io",
  counting: "fixed",
  bound: true,
  target: (channel) => `/socket.io/?EIO=4&transport=websocket&room=${encodeURIComponent(channel)}`,
  joinFrames: () => ["40"],
  publisherFrames: () => ["40"],
  isGreeted: (text) => {
    if (text.includes("44{")) throw new Error(`the server refused the namespace: ${text}`);
    return text.includes('40{"sid"');
  },
  publishText: (_, payload) => `42["m",${payload}]`,
  answered: false,
};
