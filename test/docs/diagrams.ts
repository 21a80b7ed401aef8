import { connectionMachine } from "../../actors/connection/machine.ts";
import { hubMachine } from "../../actors/hub/machine.ts";
import { drawMachine } from "../support/diagram.ts";

/** Where the diagrams of the machines are. */
export const architecturePath = `${import.meta.dir}/../../docs/architecture.md`;

/** The diagrams in the order of the page. */
export const diagrams = (): readonly string[] => [connectionMachine, hubMachine].map(drawMachine);

/** Writes them into the page. */
if (import.meta.main) {
  const drawn = [...diagrams()];
  const text = await Bun.file(architecturePath).text();
  await Bun.write(
    architecturePath,
    text.replace(/```mermaid\n[\s\S]*?\n```/g, () => `\`\`\`mermaid\n${drawn.shift() ?? ""}\n\`\`\``),
  );
}
