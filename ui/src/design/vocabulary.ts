/** The words that all design pieces share for their properties. */
import type { Component } from "svelte";

/** A Lucide icon. */
export type IconComponent = Component<{ size?: number | string; strokeWidth?: number | string }>;

/** What a state means; always shown with an icon and a word. */
export type Tone = "plain" | "good" | "care" | "bad" | "accent";

/** How loud a button is. One `primary` a screen. */
export type Variant = "primary" | "plain" | "quiet";

/** What pressing may return: a promise is work that the button shows. */
export type Press = (event: MouseEvent) => unknown;
