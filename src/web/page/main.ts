import { startChannels } from "./channels/channels.ts";
import { startChat } from "./chat/chat.ts";
import { startPush } from "./push/push.ts";
import { startTabs } from "./tabs.ts";

startTabs({ chat: startChat, channels: startChannels, push: startPush });
