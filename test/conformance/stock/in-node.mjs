// The stock client in Node, with the WebSocket of `ws`: does one thing after the other and tells of each in a line of
// JSON. Run by `node.test.ts` as `node in-node.mjs URL TOKEN...`, where the tokens are handed out one a call.
import { Centrifuge } from "centrifuge";
import WebSocket from "ws";

const [url, ...tokens] = process.argv.slice(2);

const tell = (what, value) => console.log(JSON.stringify({ what, value: value ?? null }));
const happens = (emitter, event) => new Promise((resolve) => emitter.once(event, resolve));
const failure = (promise) => promise.then(() => null).catch(({ code, message }) => ({ code, message }));

let asked = 0;
const client = new Centrifuge(`${url}/connection/websocket`, {
  websocket: WebSocket,
  minReconnectDelay: 1,
  maxReconnectDelay: 20,
  timeout: 20_000,
  getToken: async () => {
    asked += 1;
    return tokens[asked - 1];
  },
});
client.connect();
await happens(client, "connected");

const room = client.newSubscription("room", { joinLeave: true });
const heard = [];
const waiting = [];
room.on("publication", ({ data }) => {
  heard.push(data);
  waiting.shift()?.();
});
const hears = async (count) => {
  while (heard.length < count) await new Promise((resolve) => waiting.push(resolve));
  return heard.splice(0, count);
};

const joined = happens(room, "join");
room.subscribe();
await happens(room, "subscribed");
tell("join", (await joined).info.user);

await room.publish({ from: "node" });
tell("own publication", await hears(1));
tell(
  "presence",
  Object.values((await room.presence()).clients).map(({ user }) => user),
);
tell("stats", await room.presenceStats());
tell(
  "history",
  (await room.history({ limit: 10 })).publications.map(({ data }) => data),
);

client.startBatching();
const answers = [1, 2, 3].map((data) => room.publish(data));
client.stopBatching();
await Promise.all(answers);
tell("batch", await hears(3));
tell("rpc", await failure(client.rpc("anything", {})));

const back = happens(room, "subscribed");
tell("ready to be cut");
const { wasRecovering, recovered } = await back;
tell("recovery", { wasRecovering, recovered });
tell("missed", await hears(20));

while (asked < 2) await new Promise((resolve) => setTimeout(resolve, 5));
await room.publish("refreshed");
tell("after the refresh", await hears(1));

const ended = happens(client, "disconnected");
tell("ready to be sent away");
const { code, reason } = await ended;
tell("disconnected", { code, reason });
