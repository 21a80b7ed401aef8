import { describe, expect, test } from "bun:test";
import { Glob } from "bun";
import { doors, rooms } from "./support/rooms.ts";

/** Every file of ours that is code, with its text. */
const files = new Map<string, string>();
for (const folder of ["src", "actors", "bench", "test"]) {
  for await (const path of new Glob(`${folder}/**/*.ts`).scan(".")) files.set(path, await Bun.file(path).text());
}

const linesMax = 300;

/** Words that say nothing of what a thing is; the field has better ones. */
const emptyWords = /(?<!\w)[A-Za-z]*(?:[Mm]anager|[Hh]elper|[Uu]tils?)(?!\w)/;

/** Names that a library gave. */
const theirNames = /\bjetstreamManager\b/g;

function importsOf(path: string, text: string): { target: string; types: boolean }[] {
  const found = text.matchAll(/^(?:import|export)\s+(type\s+)?(?:[^;"']*?from\s+)?["']([^"']+)["']/gm);
  return [...found].map(([, types, specifier = ""]) => ({
    target: specifier.startsWith(".") ? resolve(path, specifier) : specifier,
    types: types !== undefined,
  }));
}

function resolve(from: string, specifier: string): string {
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}

/** What breaks a rule, each as a line that says how to mend it. */
function offences(check: (path: string, text: string) => string | null): string[] {
  return [...files].map(([path, text]) => check(path, text)).filter((line) => line !== null);
}

/** Calls that make a run depend on the machine; the globals `setTimeout`, `setInterval` and `setImmediate` are Biome's. */
const machineCalls = new RegExp(
  [
    /\bDate\.now\b/,
    /\bnew Date(?:\(\s*\))?(?![\w(])/,
    /\bperformance\.now\b/,
    /\bBun\.(?:nanoseconds|sleep(?:Sync)?|serve)\b/,
    /\bMath\.random\b/,
    /\b(?:randomUUID|getRandomValues|randomBytes|randomInt)\b/,
    /\bglobalThis\.set(?:Timeout|Interval|Immediate)\b/,
    /["']node:timers/,
  ]
    .map(({ source }) => source)
    .join("|"),
);

/** The code alone: comments, and what stands between backticks, say names without calling them. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/.*|`[^`\n]*`/g, "");
}

describe("the code", () => {
  test("no file is longer than 300 lines", () => {
    const long = offences((path, text) => {
      const lines = text.split("\n").length - 1;
      return lines > linesMax ? `${path} has ${lines} lines: find the two things in it` : null;
    });
    expect(long).toEqual([]);
  });

  test("a room imports only what it may", () => {
    const crossing = [...files]
      .filter(([path]) => /^(?:src|actors)\//.test(path))
      .flatMap(([path, text]) => {
        const row = rooms.find(([room]) => new RegExp(`^${room}`).test(path));
        if (!row) return [`${path} is in no room`];
        const [room, ...may] = row;
        const allowed = new RegExp(
          `^(?:types )?(?:${[room, "src/core/", ...may.filter((each) => !each.startsWith("types "))].join("|")})`,
        );
        const allowedTypes = may.filter((each) => each.startsWith("types ")).map((each) => new RegExp(`^${each}`));
        return importsOf(path, text)
          .map(({ target, types }) => (types ? `types ${target}` : target))
          .filter((target) => !allowed.test(target) && !allowedTypes.some((each) => each.test(target)))
          .map((target) => `${path} may not import ${target}`);
      });
    expect(crossing).toEqual([]);
  });

  test("main.ts is imported by no file, adopt.ts and the parts of app by their room alone", () => {
    const intruders = [...files].flatMap(([path, text]) =>
      importsOf(path, text).flatMap(({ target, types }) => {
        const door = doors.find((each) => each.path === target);
        return door && !types && !door.from.test(path) ? [`${path} may not import ${target}`] : [];
      }),
    );
    expect(intruders).toEqual([]);
  });

  test("every file of src and actors is imported", () => {
    const imported = new Set([...files].flatMap(([path, text]) => importsOf(path, text).map(({ target }) => target)));
    const pages = (path: string) => /^src\/(?:web\/(?:page|console|charts)|package)\//.test(path);
    const entries = new Set(["src/main.ts", "src/server.ts", "src/web/embedded.ts"]);
    const dead = [...files.keys()].filter(
      (path) => /^(?:src|actors)\//.test(path) && !imported.has(path) && !entries.has(path) && !pages(path),
    );
    expect(dead).toEqual([]);
  });

  test("names say what things are", () => {
    const empty = offences((path, text) => {
      const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`/g, "");
      const word = emptyWords.exec(code.replace(theirNames, ""))?.[0] ?? (emptyWords.test(path) ? path : undefined);
      return word !== undefined && !path.endsWith("tidy.test.ts") ? `${path} says "${word}": say what it does` : null;
    });
    expect(empty).toEqual([]);
  });

  test("there is no TODO without an owner, and no test is switched off", () => {
    const left = offences((path, text) => {
      // The one place that may skip prints why it does: no browser is installed.
      if (path.endsWith("tidy.test.ts") || path === "test/support/browser.ts") return null;
      if (/\b(?:TODO|FIXME|XXX)\b(?!\()/.test(text)) return `${path} has a TODO without an owner`;
      return /\b(?:test|describe|it)\.(?:skip|todo|only)\(/.test(text) ? `${path} switches a test off` : null;
    });
    expect(left).toEqual([]);
  });

  test("no file outside of the protocols compares the name of a protocol", () => {
    const name = `["'\`](?:plain|echo|centrifuge(?:-json|-protobuf)?)["'\`]`;
    const compared = new RegExp(`(?:[=!]==?\\s*${name})|(?:${name}\\s*[=!]==?)|(?:case\\s+${name})`);
    const found = offences((path, text) => {
      const mayCompare = !/^(?:src|actors)\//.test(path) || /^src\/protocol\//.test(path);
      return !mayCompare && compared.test(text) ? `${path} compares the name of a protocol: ask a capability` : null;
    });
    expect(found).toEqual([]);
    const old = ['socket.protocol !== "echo"', '"plain" === name', 'case "centrifuge-json":'];
    expect(old.every((text) => compared.test(text))).toBe(true);
  });

  test("only the entries of the package re-export", () => {
    const reExports = (text: string) => /^export (?:type )?(?:\*|\{[^}]*\}) from/m.test(text);
    const isEntry = (path: string) => path.startsWith("src/package/");
    expect(offences((path, text) => (reExports(text) && !isEntry(path) ? path : null))).toEqual([]);
  });

  test("time, timers, chance and listeners come from outside: only src/runtime calls the machine's own", () => {
    const own = offences((path, text) => {
      if (!/^(?:src|actors)\//.test(path) || /^src\/(?:runtime|web\/page|web\/console)\//.test(path)) return null;
      const call = machineCalls.exec(withoutComments(text))?.[0];
      return call === undefined ? null : `${path} calls ${call}: take it from a port (core/clock, timers, random)`;
    });
    expect(own).toEqual([]);
  });

  test.each([
    ["Date.now()", true],
    ["new Date()", true],
    ["new Date", true],
    ["new Date(seconds * 1000)", false],
    ["performance.now()", true],
    ["globalThis.setTimeout(run, 1)", true],
    ["timers.setTimeout(run, delay)", false],
    ["await Bun.sleep(1)", true],
    ["Bun.nanoseconds()", true],
    ["Math.random()", true],
    ["crypto.randomUUID()", true],
    ["crypto.getRandomValues(bytes)", true],
    ['import { randomBytes } from "node:crypto"', true],
    ['import { setTimeout } from "node:timers/promises"', true],
    ["Bun.serve({})", true],
    ["a line about `Bun.serve`", false],
    ["random.uuid()", false],
  ])("%s is a call of the machine's own: %p", (text, isOne) => {
    expect(machineCalls.test(withoutComments(text))).toBe(isOne);
  });

  test("[TD8] every id that a test begins with is a promise, and every promise has a test", async () => {
    const spec = await Bun.file("test/SPEC.md").text();
    const promises = [...spec.matchAll(/^- \*\*([A-Z]{2}\d+)\*\*/gm)].map(([, id = ""]) => id);
    const known = new Set(promises);
    expect(promises.length).toBe(known.size);
    const proven = new Set<string>();
    const unknown = offences((path, text) => {
      if (!path.startsWith("test/") || path.endsWith("tidy.test.ts")) return null;
      for (const [, id = ""] of text.matchAll(/["`[]([A-Z]{2}\d+)["`\]]/g)) proven.add(id);
      const ids = [...text.matchAll(/\b(?:test|it)[^"`'\n]*\(\s*["`']\[([A-Z]{2}\d+)\]/g)].map(([, id = ""]) => id);
      const first = ids.find((id) => !known.has(id));
      return first === undefined ? null : `${path}: ${first}`;
    });
    expect(unknown).toEqual([]);
    expect(promises.filter((id) => !proven.has(id) && !id.startsWith("TD"))).toEqual([]);
  });
});
