/**
 * Runs a program, and kills it once it has told so many lines. Answers with the lines that it had told by then; throws
 * where it ended by itself. What comes after the last line break was cut off by the kill: nobody has read it.
 */
export async function linesUntilKilled(command: readonly string[], count: number): Promise<string[]> {
  const child = Bun.spawn([...command], { stdout: "pipe", stderr: "inherit" });
  const decoder = new TextDecoder();
  let output = "";
  let lines = 0;
  for await (const chunk of child.stdout) {
    const piece = decoder.decode(chunk, { stream: true });
    output += piece;
    lines += piece.split("\n").length - 1;
    if (lines >= count) child.kill("SIGKILL");
  }
  await child.exited;
  if (child.signalCode !== "SIGKILL") throw new Error(`${command.join(" ")} ended by itself`);
  return output.slice(0, output.lastIndexOf("\n")).split("\n");
}
