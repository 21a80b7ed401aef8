import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { createClient } from "chorus/client";
import { board } from "../../examples/cursors/contract.ts";
import { app as cursors } from "../../examples/cursors/server.ts";
import { StockClient } from "../conformance/stock/stock-client.ts";
import { testTimeout } from "../support/patience.ts";
import { type RunningTestApp, startApp } from "./support.ts";

setDefaultTimeout(testTimeout);

describe("the cursors", () => {
  let app: RunningTestApp<(typeof board)["schemas"], unknown>;
  beforeAll(async () => {
    app = await startApp(cursors);
  });
  afterAll(() => app?.stop());

  const clientOf = (data: unknown) => {
    const stock = new StockClient(app.ws, { data });
    return Object.assign(createClient(board, stock.api), { [Symbol.dispose]: () => stock[Symbol.dispose]() });
  };

  test("[PU3] what a subscriber publishes goes out as the schema reads it, to the subscribers of that channel", async () => {
    using red = clientOf({ color: "red" });
    using blue = clientOf({ color: "blue" });
    const [reds, blues] = [red, blue].map((client) => client.channel("cursors", { board: "b1" }));
    await reds?.subscribe();
    await blues?.subscribe();
    const heard = new Promise((resolve) => blues?.on("publication", resolve));
    const cursor = { x: 1, y: 2, tool: "pen" as const };
    expect(await reds?.publish({ ...cursor, secret: true } as typeof cursor)).toMatchObject({ ok: true });
    expect(await heard).toMatchObject({ data: cursor, offset: 0, info: { info: { color: "red" } } });
    const present = await blues?.presence();
    const colors = present?.ok ? [...present.value.values()].map(({ info }) => info.color) : [];
    expect(colors.sort()).toEqual(["blue", "red"]);
  });

  test("[PU3] who is no subscriber may not publish, and who sends something else is told before it is sent", async () => {
    using red = clientOf({ color: "red" });
    const cursors = red.channel("cursors", { board: "b1" });
    const cursor = { x: 1, y: 2, tool: "pen" as const };
    expect(await cursors.publish(cursor)).toMatchObject({ ok: false, error: { code: "forbidden" } });
    const wrong = await cursors.publish({ ...cursor, tool: "axe" } as never);
    expect(wrong).toMatchObject({ ok: false, error: { code: "invalid_input", message: "invalid_input: tool" } });
  });

  test("[AU4] connect data is validated before `authenticate`: error 107 with the path", async () => {
    using wrong = clientOf({ color: 5 });
    const joined = await wrong.channel("cursors", { board: "b1" }).subscribe();
    expect(joined).toMatchObject({ ok: false, error: { code: "bad_request", message: "bad request: color" } });
  });

  test("[JN1] a handler may refuse a parameter", async () => {
    using red = clientOf({ color: "red" });
    const joined = await red.channel("cursors", { board: "" }).subscribe();
    expect(joined).toMatchObject({ ok: false, error: { code: "unknown", number: 102 } });
  });
});
