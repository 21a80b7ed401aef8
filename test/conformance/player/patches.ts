import { patched } from "./fossil.ts";
import { bytesOf, textOf } from "./wire.ts";

/** Follows the publications of one connection, and replaces each patch by what it makes of the publication before it. */
export class Patches {
  private readonly last = new Map<string, string>();
  private readonly channelOfId = new Map<number, string>();

  /** Continues where another connection was. */
  static after(other?: Patches): Patches {
    const patches = new Patches();
    for (const [key, text] of other?.last ?? []) patches.last.set(key, text);
    return patches;
  }

  /** Reads a reply or push; `asked` is the channel of the command that a reply answers. */
  read(message: any, asked: string | undefined): void {
    const { subscribe } = message ?? {};
    if (subscribe?.id && asked) this.channelOfId.set(subscribe.id, asked);
    if (asked)
      for (const each of [...(subscribe?.state ?? []), ...(subscribe?.publications ?? [])]) this.apply(asked, each);
    const subs = (message?.connect ?? message?.push?.connect)?.subs ?? {};
    for (const [channel, sub] of Object.entries<any>(subs))
      for (const each of sub.publications ?? []) this.apply(channel, each);
    const push = message?.push ?? (message?.pub ? message : undefined);
    if (push?.pub) this.apply(push.channel ?? this.channelOfId.get(push.id) ?? "?", push.pub);
  }

  private apply(channel: string, publication: any): void {
    const key = `${channel}\0${publication.key ?? ""}`;
    if (!publication.delta) {
      if (typeof publication.data === "string") this.last.set(key, publication.data);
      return;
    }
    const patch = publication.data;
    try {
      const text = textOf(patched(bytesOf(this.last.get(key) ?? ""), bytesOf(patch)));
      publication.data = { patched: text };
      this.last.set(key, text);
    } catch (error: any) {
      publication.data = { patch, fails: error.message };
    }
  }
}
