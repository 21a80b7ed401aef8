import { expect, test } from "bun:test";
import { startConfigured } from "../../src/app/configured.ts";
import { parseConfig } from "../../src/config/parse.ts";

test.each([2, "auto" as const])(
  "[MP8] a program cannot start a server with %p processes inside of itself",
  (processes) => {
    const outcome = startConfigured({ http_server: { port: 0 }, node: { processes } }, {});
    expect(outcome).toMatchObject({ ok: false, error: [expect.stringMatching(/^node\.processes: expected 1 /)] });
  },
);

test("[MP8] several processes beside an engine that nodes share are a mistake", () => {
  const parsed = parseConfig({ engine: { type: "redis" }, node: { processes: 2 } }, "file");
  expect(parsed).toMatchObject({ ok: false, error: [expect.stringMatching(/^node\.processes: expected 1 /)] });
});

test.each([0, 257, 1.5, "all", "2"])("the number of processes cannot be %p", (processes) => {
  const parsed = parseConfig({ node: { processes } }, "file");
  const expected = 'node.processes: expected a whole number from 1 to 256, or "auto", got ';
  expect(parsed).toMatchObject({ ok: false, error: [expect.stringContaining(expected)] });
});
