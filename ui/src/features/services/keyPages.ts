/**
 * Where each known place hands out keys, and what is written on the button there. These are names on other people's
 * pages, so they are no words of the catalogue (OpenAI help 8867743; Nebius and Crusoe documentation, November 2026).
 */
import type { ServiceKind } from "../../generated/types";

export const kinds = ["openai", "nebius", "crusoe", "compatible"] as const satisfies readonly ServiceKind[];
export type KnownKind = Exclude<ServiceKind, "compatible">;

export const keyPages: Record<KnownKind, { page: string; button: string }> = {
  openai: { page: "platform.openai.com/api-keys", button: "Create new secret key" },
  nebius: { page: "tokenfactory.nebius.com/project/api-keys", button: "Create API key" },
  crusoe: { page: "console.crusoecloud.com", button: "Inference API keys" },
};
