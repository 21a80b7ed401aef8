import { accept, chorus, refuse } from "chorus";
import { board } from "./contract.ts";

export const app = chorus(board)
  .authenticate(({ data }) => accept({ user: crypto.randomUUID(), session: { color: data.color } }))
  .handle({
    channels: {
      cursors: {
        presence: true,
        subscribe: ({ connection, params }) =>
          params.board === "" ? refuse("unknown") : { ok: true, info: { color: connection.session.color } },
        publish: "subscribers",
      },
    },
  });
