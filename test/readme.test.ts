import { describe, expect, test } from "bun:test";
import { connectionMachine } from "../actors/connection/machine.ts";
import { hubMachine } from "../actors/hub/machine.ts";
import { listOptions } from "../src/config/option-list.ts";
import { drawMachine } from "./support/diagram.ts";

const readme = await Bun.file("README.md").text();

/** The diagrams between ```mermaid and ```. */
const diagrams = [...readme.matchAll(/```mermaid\n([\s\S]*?)\n```/g)].map(([, text]) => text);

describe("the README", () => {
  test("[RM1] shows the connection machine as it is", () => {
    expect(diagrams[0]).toBe(drawMachine(connectionMachine));
  });

  test("[RM2] shows the Hub's machine as it is", () => {
    expect(diagrams[1]).toBe(drawMachine(hubMachine));
  });

  test("[RM3] names in its table of limits only options that there are, with their defaults", () => {
    const options = new Map(listOptions().map((option) => [option.path.join("."), option]));
    const rows = [
      ...readme.matchAll(/^\| `((?:client|plain|websocket|http_api|push_queue|shutdown)\.[a-z_]+)` +\| `([^`]+)`/gm),
    ];
    expect(rows.length).toBeGreaterThan(15);
    for (const [, path = "", value = ""] of rows)
      expect([path, String(options.get(path)?.fallback)]).toEqual([path, value]);
  });

  test("[RM4] explains every dependency", async () => {
    const { dependencies, devDependencies } = await Bun.file("package.json").json();
    const missing = [...Object.keys(dependencies), ...Object.keys(devDependencies)].filter(
      (name) => !readme.split("\n").some((line) => line.startsWith("| `") && line.includes(`\`${name}\``)),
    );
    expect(missing).toEqual([]);
  });
});
