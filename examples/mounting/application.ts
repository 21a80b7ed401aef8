import { chorus } from "chorus";
import { channel, contract, rpc } from "chorus/contract";
import * as v from "valibot";

/** The smallest application that the examples of mounting share. */
export const news = contract({
  channels: { news: channel("news", { data: v.object({ text: v.string() }) }) },
  calls: { add: rpc({ input: v.array(v.number()), output: v.number() }) },
});

export const createNews = () =>
  chorus(news).handle({
    channels: { news: { subscribe: "everyone" } },
    calls: { add: (numbers) => numbers.reduce((sum, number) => sum + number, 0) },
  });
