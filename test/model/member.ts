import type { Transport } from "../support/carriers.ts";
import { CentrifugeProbe, type Heard, isClosed } from "../support/centrifuge-probe.ts";
import { isObject, type Json, type JsonObject } from "../support/json.ts";
import { tokenFor } from "../support/open-channels.ts";
import { type Asked, Hearing, type Shared } from "./hearing.ts";
import type { Action, ChannelName } from "./steps.ts";
import { must } from "./streams.ts";

/** After these many milliseconds a token that expires has, and after the grace so has what it was for. */
export const tokenLifetime = 3_000;
export const expiryGrace = 1_000;

/** An honest client: it remembers where it stands, asks for what it missed, and believes nothing that does not fit. */
export class Member {
  readonly user: string;
  /** May it have the closed channel? */
  readonly isAllowed: boolean;
  readonly #shared: Shared;
  readonly #hearing: Hearing;
  readonly #asked = new Map<number, Asked>();
  #probe: CentrifugeProbe | null = null;
  #endsAt: number | null = null;

  constructor(user: string, isAllowed: boolean, shared: Shared) {
    this.user = user;
    this.isAllowed = isAllowed;
    this.#shared = shared;
    this.#hearing = new Hearing(user, isAllowed, shared);
  }

  get isConnected(): boolean {
    return this.#probe !== null;
  }

  get client(): string {
    return this.#probe?.client ?? "";
  }

  /** Connects where it is not, and subscribes to all that it wants, in one frame as the stock clients do. */
  async connect(url: string, expires: boolean, transport: Transport = "websocket"): Promise<void> {
    if (this.#probe) return;
    this.#endsAt = expires ? this.#shared.now() + tokenLifetime + expiryGrace : null;
    const exp = expires ? { exp: this.#shared.seconds() + tokenLifetime / 1_000 } : {};
    const probe = await CentrifugeProbe.open(url, { transport, mark: this.#shared.mark });
    this.#probe = probe;
    const connect = { token: tokenFor({ sub: this.user, ...exp }) };
    const subscribes = [...this.#hearing.wanted.keys()].map((channel) => this.#subscribeCommand(channel, false));
    probe.send({ ...probe.command("connect"), connect }, ...subscribes);
    const reply = await probe.next();
    must("connect" in reply, "I8", `${this.user} was not let in: ${JSON.stringify(reply)}`);
  }

  /** Sends what an action asks for, where it can. */
  act(action: Action): void {
    const probe = this.#probe;
    if (!probe) return;
    switch (action.do) {
      case "publish":
        probe.send(...Array.from({ length: action.count }, () => this.#publishCommand(action.channel)));
        return;
      case "subscribe":
        if (!this.#hearing.held.has(action.channel)) probe.send(this.#subscribeCommand(action.channel, action.expires));
        return;
      case "unsubscribe":
        this.#hearing.wanted.delete(action.channel);
        probe.send(this.#command({ what: "unsubscribe", channel: action.channel }));
        return;
      case "cut":
        this.cut();
        return;
    }
  }

  /** Cuts the line: what is on its way is not heard any more. */
  cut(): void {
    for (const { what, channel } of this.#asked.values()) {
      if (what === "subscribe") this.#shared.streams.perhapsJoined(channel);
    }
    this.#probe?.[Symbol.dispose]();
    this.#lost();
  }

  ask(what: "presence" | "history", channel: ChannelName): void {
    this.#probe?.send(this.#command({ what, channel }));
  }

  /** Hears everything up to the answers to all that it has asked. */
  async hearAnswers(): Promise<void> {
    while (this.#probe && this.#asked.size > 0) this.#hear(await this.#probe.next());
  }

  /** Hears everything that has come by now. */
  async hearRest(): Promise<void> {
    for (const heard of (await this.#probe?.rest()) ?? []) this.#hear(heard);
  }

  /** What has to be true when all is quiet. */
  rest(): void {
    const isLate = this.#endsAt !== null && this.#shared.now() >= this.#endsAt;
    must(!this.#probe || !isLate, "I8", `${this.user} outlives its token`);
    this.#hearing.rest();
  }

  /** What it heard of the channel that is not kept, since it is in it. */
  get unkept(): readonly string[] {
    return this.#hearing.unkept;
  }

  has(channel: ChannelName): boolean {
    return this.#hearing.held.has(channel);
  }

  #hear(heard: Heard): void {
    if (isClosed(heard)) {
      this.#lost();
      return;
    }
    const { id, push, error } = heard;
    if (isObject(push)) this.#hearing.push(push);
    const asked = this.#asked.get(Number(id));
    if (!asked) return;
    const [first] = this.#asked.keys();
    must(Number(id) === first, "order", `${this.user} got the reply ${id} before ${first}`);
    this.#asked.delete(Number(id));
    if (isObject(error)) this.#hearing.error(asked, Number(error["code"]));
    else this.#hearing.answer(asked, heard);
  }

  #publishCommand(channel: ChannelName): JsonObject {
    return this.#command({ what: "publish", channel, data: this.#shared.nextData() });
  }

  #subscribeCommand(channel: ChannelName, expires: boolean): JsonObject {
    const since = this.#hearing.wanted.get(channel) ?? null;
    const isClosed = channel === "closed:a";
    const endsAt = expires && this.isAllowed ? this.#shared.now() + tokenLifetime + expiryGrace : null;
    const exp = endsAt === null ? {} : { exp: this.#shared.seconds() + tokenLifetime / 1_000 };
    const hasToken = this.isAllowed && (isClosed || expires);
    const token = hasToken ? { token: tokenFor({ sub: this.user, channel, ...exp }) } : {};
    const place = since ? { recover: true, offset: since.offset, epoch: since.epoch } : {};
    const command = this.#command({ what: "subscribe", channel, since: since && { ...since }, endsAt });
    return { ...command, subscribe: { channel, ...token, ...place } };
  }

  /** A command with an id under which its answer is found. */
  #command(asked: Asked): JsonObject & { readonly id: number } {
    const { what, channel } = asked;
    const request: Record<string, Json> = { channel };
    if (asked.what === "publish") request["data"] = asked.data;
    if (asked.what === "history") request["limit"] = -1;
    const command = this.#probe?.command(what, request) ?? { id: 0 };
    this.#asked.set(command.id, asked);
    return command;
  }

  #lost(): void {
    this.#probe = null;
    this.#asked.clear();
    this.#hearing.lost();
  }
}
