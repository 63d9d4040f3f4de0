/** What a person was about to order, kept while they look at something else. It is gone with the window. */
import type { OrderWish } from "./orderDraft.svelte";

export class OrderMemory {
  /** The place far away that was chosen last. */
  service: string | undefined;
  /** Whether the person wanted to train anew though a training is there. */
  isPlanning = false;
  /** What was chosen and typed, place by place. */
  readonly wishes = new Map<string, OrderWish>();

  /** A training began: what was wished is no wish any more. */
  clear(): void {
    this.isPlanning = false;
    this.wishes.clear();
  }
}
