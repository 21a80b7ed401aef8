import { channel, contract } from "chorus/contract";
import { z } from "zod";

const Cursor = z.object({ x: z.number(), y: z.number(), tool: z.enum(["pen", "hand"]) });

/** Cursors on a shared board: nothing is kept, and the server hands on what subscribers publish. */
export const board = contract({
  connect: z.object({ color: z.string() }),
  channels: {
    cursors: channel("board:{board}:cursors", {
      data: Cursor,
      publish: Cursor,
      info: z.object({ color: z.string() }),
    }),
  },
});
