/** Names for random values, so that two servers can be compared: <client A>, <session A>, <node>, <epoch 1>, <backend>, <uuid>, <ms>, <version>. */
export class Names {
  private readonly values = new Map<string, string>();
  private readonly epochs = new Map<string, string>();
  private readonly epochOfChannel = new Map<string, string>();

  set(value: string, name: string): void {
    this.values.set(value, name);
  }

  /** The epoch that was last seen of a channel. */
  epochOf(channel: string): string {
    return this.epochOfChannel.get(channel) ?? "?";
  }

  /** Learns from a message to connection `name`; `asked` is the channel of the command that it answers. */
  learn(name: string, message: any, asked: string | undefined): void {
    const { connect } = message ?? {};
    if (connect?.client) this.values.set(connect.client, `<client ${name}>`);
    if (connect?.session) this.values.set(connect.session, `<session ${name}>`);
    if (connect?.node) this.values.set(connect.node, "<node>");
    for (const result of [message?.subscribe, message?.history]) this.learnEpoch(result?.epoch, asked);
    // A Go map's order is random: the order of channels is not.
    const subs: [string, any][] = Object.entries((connect ?? message?.push?.connect)?.subs ?? {});
    for (const [channel, sub] of subs.sort(([a], [b]) => (a < b ? -1 : 1))) this.learnEpoch(sub?.epoch, channel);
    const push = message?.push ?? message;
    if (push?.channel) this.learnEpoch(push.subscribe?.epoch, push.channel);
    this.learnEpochs(message);
  }

  /** Learns from the result of an API call about `channel`. */
  learnResult(body: any, channel: string | undefined): void {
    this.learnEpochs(body);
    if (body?.result?.epoch && channel) this.epochOfChannel.set(channel, body.result.epoch);
  }

  /** The value with names in place of what is random. */
  apply(value: any, key = ""): any {
    if (typeof value === "string") return key === "version" ? "<version>" : this.applyText(value);
    if (typeof value === "number" && key === "time") return "<ms>";
    if (Array.isArray(value)) return value.map((each) => this.apply(each));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(
      Object.keys(value)
        .sort()
        .map((name) => [this.values.get(name) ?? name, this.apply(value[name], name)]),
    );
  }

  /** As `apply` for a request that the backend received, in which `version` is the client's own. */
  applyRequest(request: any): any {
    const named = this.apply(request);
    if (typeof request.body?.version === "string") named.body.version = request.body.version;
    return named;
  }

  private applyText(text: string): string {
    let named = this.values.get(text) ?? this.epochs.get(text) ?? text;
    for (const [value, name] of this.values) named = named.split(value).join(name);
    return /^[0-9a-f]{8}-[0-9a-f]{4}-/.test(named) ? "<uuid>" : named;
  }

  private learnEpoch(epoch: unknown, channel?: string): void {
    if (typeof epoch !== "string" || epoch === "") return;
    if (!this.epochs.has(epoch)) this.epochs.set(epoch, `<epoch ${this.epochs.size + 1}>`);
    if (channel) this.epochOfChannel.set(channel, epoch);
  }

  /** Learns every epoch anywhere in a value. */
  private learnEpochs(value: any): void {
    if (value === null || typeof value !== "object") return;
    for (const [key, each] of Object.entries(value)) {
      if (key === "epoch") this.learnEpoch(each);
      else this.learnEpochs(each);
    }
  }
}
