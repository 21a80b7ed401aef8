import { accept, chorus, refuse } from "chorus";
import { chat } from "./contract.ts";
import type { ChatStore, StoredMessage } from "./store.ts";

/** The chat's server. It starts with `createChat(store).start({ http_server: { port: 8080 } })`. */
export function createChat(store: ChatStore) {
  return chorus(chat)
    .authenticate(async ({ upgrade }) => {
      const session = await store.findSession(upgrade.cookies.get("session"));
      if (!session) return refuse("unauthorized");
      return accept({ user: session.id, session, expiresAt: session.until });
    })
    .handle({
      channels: {
        room: {
          history: { size: 500, ttl: "24h", engine: "memory" },
          presence: true,
          joinLeave: true,
          subscribe: async ({ params, connection: { user, session } }) => {
            const room = await store.findRoom(params.room);
            if (!room?.members.has(user)) return refuse("forbidden");
            if (room.banned.has(user)) return refuse("banned");
            const info = { name: session.name, avatar: session.avatar };
            return { ok: true, info, welcome: { topic: room.topic, canPost: true } };
          },
          publish: async ({ data, params, member, connection }) => {
            if (!member) return refuse("forbidden");
            if (data.text.includes("http://")) {
              connection.send("warned", { reason: "spam" });
              return refuse("slow_mode", { temporary: true });
            }
            const message: StoredMessage = {
              id: crypto.randomUUID(),
              text: data.text,
              by: connection.user,
              at: Date.now(),
            };
            await store.save(params.room, message);
            return { ok: true, data: message, idempotencyKey: message.id };
          },
        },
      },
      calls: {
        hide: {
          timeout: "2s",
          rate: "5/s",
          handle: async ({ room, id }, { connection, server }) => {
            if (connection.session.role !== "moderator") return refuse("forbidden");
            const message = await store.findMessage(room, id);
            if (!message) return refuse("no_such_message");
            await server.channel("room", { room }).publish({ ...message, hidden: true });
            return { hidden: true };
          },
        },
      },
      sends: { typing: ({ room }, { connection }) => void store.typing.push({ room, user: connection.user }) },
    });
}
