/** Made by `vite.words.ts`: the words that the first script lacks. Nothing in dev and in tests, where it has them all. */
declare module "virtual:late-words" {
  const words: Readonly<Record<string, string>>;
  export default words;
}
