// What a stock client does over one transport, the same in Bun, in Node and in a browser: `tell` is given each thing that
// it did or heard, and `cut` resolves when its line has been cut and is whole again.

/** The transports and encodings of the stock client, as the names of tests have them. */
export const ways = ["websocket", "sse", "http_stream", "websocket in Protobuf", "http_stream in Protobuf"];

const utf8 = { write: new TextEncoder(), read: new TextDecoder() };

export async function converse({ way, url, clients, options = {}, tell, cut = () => {} }) {
  const [transport = "", encoding] = way.split(" in ");
  const write = (data) => (encoding ? utf8.write.encode(JSON.stringify(data)) : data);
  const read = ({ data }) => (encoding ? JSON.parse(utf8.read.decode(data)) : data);
  const Centrifuge = encoding ? clients.protobuf : clients.json;
  const endpoint = `${transport === "websocket" ? url.replace("http", "ws") : url}/connection/${transport}`;
  const client = new Centrifuge([{ transport, endpoint }], {
    emulationEndpoint: `${url}/emulation`,
    minReconnectDelay: 1,
    maxReconnectDelay: 20,
    timeout: 20_000,
    ...options,
  });
  const happens = (emitter, event) => new Promise((resolve) => emitter.once(event, resolve));

  const room = client.newSubscription("room", { minResubscribeDelay: 1 });
  const heard = [];
  let hear = () => {};
  room.on("publication", (publication) => {
    heard.push(read(publication));
    hear();
  });
  const hears = async (count) => {
    while (heard.length < count) {
      await new Promise((resolve) => {
        hear = resolve;
      });
    }
    return heard.splice(0, count);
  };

  const subscribed = happens(room, "subscribed");
  room.subscribe();
  client.connect();
  const { transport: over } = await happens(client, "connected");
  await subscribed;
  await tell("connected", over);
  await room.publish(write({ from: "a stock client", text: "grüße 🎉" }));
  await tell("publication", await hears(1));
  await tell("history", (await room.history({ limit: 10 })).publications.map(read));
  await tell("presence", Object.values((await room.presence()).clients).length);

  const back = happens(room, "subscribed");
  client.once("connecting", ({ code }) => cut(code));
  await tell("ready to be cut");
  const { wasRecovering, recovered } = await back;
  await tell("recovery", { wasRecovering, recovered });
  await tell("missed", await hears(3));

  const ended = happens(client, "disconnected");
  client.disconnect();
  await ended;
  await tell("done");
}
