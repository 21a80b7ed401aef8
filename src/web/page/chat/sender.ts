import { cutName } from "./text-frame.ts";

/**
 * A file's name with its sender's before it, as a folder: `Ann/report.pdf`. Every client that shows the name shows the
 * sender too, and nothing else of the frame changes.
 */
export function withSender(sender: string, name: string): string {
  const folder = cutName(sender).replaceAll("/", " ");
  return folder === "" ? name : `${folder}/${name}`;
}

/** The sender, unproven, and the name of a received file; "" where the frame names none. */
export function splitSender(name: string): { readonly sender: string; readonly name: string } {
  const at = name.indexOf("/");
  const sender = name.slice(0, Math.max(0, at));
  const isSender = at < name.length - 1 && !/^[.\s]*$/.test(sender);
  return isSender ? { sender: cutName(sender), name: name.slice(at + 1) } : { sender: "", name };
}
