import { Database } from "bun:sqlite";
import { afterAll, expect, test } from "bun:test";
import {
  contents,
  draftOf,
  freshFolder,
  history,
  joined,
  kept,
  pageOf,
  published,
  sinceOf,
  sqliteFixture,
} from "./fixture.ts";

const folder = freshFolder();
afterAll(folder.remove);

test("[BK164] recoveries in a channel that was read of late come from memory, with what was published since", async () => {
  const options = kept("sqlite", { size: 100 });
  const { broker } = sqliteFixture(folder.file);
  const publish = (value: unknown) => published(broker, draftOf("a", value, { history: options }));
  for (let n = 1; n <= 20; n++) publish(n);
  const { epoch } = publish(21);
  const recovered = (offset: number) =>
    contents(joined(broker, "a", options, sinceOf(offset, epoch)).publications).data;
  expect(recovered(10)).toEqual([11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21]);
  // Nothing is left in the file: what is given now is not from there.
  const other = new Database(folder.file);
  other.run("DELETE FROM publications");
  other.close();
  for (let n = 22; n <= 300; n++) publish(n);
  published(broker, { ...draftOf("a", 0, { history: options }), data: { kind: "text", text: "as JSON" } });
  expect(recovered(298)).toEqual([299, 300, "as JSON"]);
  expect(joined(broker, "a", options, sinceOf(298, epoch, { bytesMax: 14 })).recovered).toBe(false);
  expect(joined(broker, "a", options, sinceOf(298, epoch, { bytesMax: 15 })).recovered).toBe(true);
  expect(pageOf(history(broker, "a", options, { limit: 2 })).data).toEqual([202, 203]);
  await broker.close();
});
