import { startChannels } from "./channels/channels.ts";
import { startChat } from "./chat/chat.ts";
import { startTabs } from "./tabs.ts";

startTabs({ chat: startChat, channels: startChannels, push: () => {} });
