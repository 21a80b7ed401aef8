import { expect, test } from "bun:test";
import { Glob } from "bun";

/** The code of the server without its comments, by path. */
const code = new Map<string, string>();
for (const folder of ["src", "actors"]) {
  for await (const path of new Glob(`${folder}/**/*.ts`).scan(".")) {
    code.set(path, (await Bun.file(path).text()).replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, ""));
  }
}

const declarations = /readonly type:\s*["`]([^"`]+)["`]/g;

/** A text that makes an event of a type; a type with a part that varies is made with a template. */
function sends(type: string): RegExp {
  const literal = type
    .replace(/\$\{[^}]*\}/g, "*")
    .split("*")
    .map(RegExp.escape)
    .join("\\$\\{[^}]*\\}");
  return new RegExp(`\\btype:\\s*["\`]${literal}["\`](?!\\s*;)`);
}

test.each(["actors/hub/events.ts", "actors/connection/events.ts"])("every event of %s is sent by some code", (path) => {
  const types = [...(code.get(path) ?? "").matchAll(declarations)].map(([, type = ""]) => type);
  expect(types.length).toBeGreaterThan(5);
  const others = [...code].filter(([other]) => other !== path).map(([, text]) => text);
  // XState itself sends those about the end of an actor.
  const dead = types.filter((type) => !type.startsWith("xstate.") && !others.some((text) => sends(type).test(text)));
  expect(dead).toEqual([]);
});
