/** Parts of the catalogue as the build makes them; in dev and in tests each is the whole. */
declare module "*/en.json?late" {
  const words: Readonly<Record<string, string>>;
  export default words;
}
