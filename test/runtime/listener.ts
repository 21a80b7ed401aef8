import { type Listening, listeningSockets } from "../../src/runtime/listening.ts";

/** A process that listens, says its port, and does what each line of its input says. */
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  reusePort: true,
  fetch: () => new Response("the one that leaves"),
});
console.log(server.port);

let sockets: Listening | null = null;
for await (const line of console) {
  if (line === "hold") {
    sockets = listeningSockets();
    sockets?.hold();
  }
  if (line === "leave") while (sockets?.leave() === false) await new Promise(setImmediate);
  console.log(line);
}
