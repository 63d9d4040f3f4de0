/** What the terms of the glossary mean: long texts that are loaded when somebody asks for one. */
import { t } from "./format";
import type { GlossaryTerm } from "./glossary";
import "./late";

export function termWords(term: GlossaryTerm): { word: string; explanation: string } {
  return { word: t(`glossary.${term}.word`), explanation: t(`glossary.${term}.text`) };
}
