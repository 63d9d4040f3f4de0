/**
 * Brings the words that only what is loaded late says. Every screen behind an `import()` imports this module for its effect,
 * so that its words are there before it is drawn; the build fails where one forgets it (`vite.words.ts`).
 */
import words from "virtual:late-words";
import { addWords } from "./format";

addWords(words);
