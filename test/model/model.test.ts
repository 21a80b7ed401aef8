import { expect, setDefaultTimeout, test } from "bun:test";
import { SeededRandom } from "../support/random.ts";
import { runs } from "../support/runs.ts";
import { checkModel } from "./check.ts";
import { mutants } from "./mutant-list.ts";

// A run takes some 25 ms; one that fails is made smaller, which takes a hundred more of them.
setDefaultTimeout(600_000);

test("[MD1] whatever clients do and whatever happens to the server, what they see is one history (I1-I5, I7, I8)", async () => {
  const { seed } = new SeededRandom();
  expect(await checkModel({ runs, seed: seed | 0 })).toBeNull();
});

test("[MD2] the same where broker, presence and queue answer later, and streams are lost", async () => {
  const { seed } = new SeededRandom();
  expect(await checkModel({ runs, seed: seed | 0, isLate: true })).toBeNull();
});

test("the lines that mutants.ts breaks are there, each once", async () => {
  const places = mutants.map(async ({ name, file, find }) => [
    name,
    (await Bun.file(file).text()).split(find).length - 1,
  ]);
  expect(await Promise.all(places)).toEqual(mutants.map(({ name }) => [name, 1]));
});
