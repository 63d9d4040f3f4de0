/** Made-up prices and orders at places far away, for looking at the page. Never part of the build. */
import type { AnswerPrice, Failure, OrderNotice, OrderQuote, OrderQuoteRequest, RunDetail, StoredThing, TestPrice } from "../generated/types";
import { failure, type FakeHost } from "../host/fake";
import { madeUpSavings } from "./money";
import { madeUpRun } from "./runs";

type Answers = Parameters<FakeHost["answer"]>[0];

const PER_MILLION = 5_000_000;
const TOKENS_OF_A_ROUND = 61_204;
const CENT = 10_000;

/** How sure the count is: `price=about` and `tokenizer=` choose, and the file that was chosen by now. */
function countOf(asked: URLSearchParams, file: string | null): { low: number; most: number; notices: OrderNotice[] } {
  if (asked.has("tokenizer") && file !== null) {
    return { low: 0.9, most: 1.5, notices: [{ code: "counted_by_file", params: { file: { kind: "text", value: file } } }] };
  }
  if (asked.has("tokenizer")) return { low: 0.5, most: 2.5, notices: [{ code: "counted_elsewhere", params: {} }] };
  return asked.get("price") === "about" ? { low: 0.6, most: 1.5, notices: [] } : { low: 1, most: 1, notices: [] };
}

/** `price=unknown`, `price=about`, `price=much`, `order=locked`, `order=closed`, `order=above_day_cap` and the like, and `savings=none`
 * choose; `tokenizer=elsewhere`, `tokenizer=chosen` and `tokenizer=broken` are models whose text a file can count. */
export function madeUpQuote(asked: URLSearchParams, { model, settings, typedCeilingMicroUsd }: OrderQuoteRequest, file: string | null = null): OrderQuote {
  const rounds = settings.rounds ?? 3;
  const billedTokens = TOKENS_OF_A_ROUND * rounds * (asked.get("price") === "much" ? 40 : 1);
  const isKnown = asked.get("price") !== "unknown";
  const expected = isKnown ? Math.ceil((billedTokens * PER_MILLION) / 1e6) : null;
  const { low, most, notices } = countOf(asked, file);
  const ceiling = expected === null ? (typedCeilingMicroUsd ?? null) : Math.ceil((expected * most) / CENT) * CENT;
  const refusal = refusalOf(asked.get("order"), model, ceiling ?? 0);
  const canOrder = refusal === null && ceiling !== null;
  return {
    serviceTitle: "OpenAI", model, split: { train: 149, validate: 19, test: 18 }, rounds, roundsAreUsual: settings.rounds == null,
    usualBatchSize: 1, usualLearningRateMultiplier: 2, billedTokens, uploadBytes: 84_310, tokenizerFile: file, takesTokenizer: asked.has("tokenizer"),
    price: isKnown ? { perMillionMicroUsd: PER_MILLION, checkedOn: "2026-11-22", source: "OpenAI, API pricing page" } : null,
    leastMicroUsd: low < 1 && expected !== null ? Math.round(expected * low) : null, expectedMicroUsd: expected, ceilingMicroUsd: ceiling,
    mustTypeAmount: canOrder && expected !== null && (ceiling ?? 0) > 5_000_000,
    notices: [
      ...notices,
      { code: "model_ends", params: { on: { kind: "date", value: "2027-01-14" }, days: { kind: "count", value: 46 } } },
      { code: "account_may_be_locked_out", params: {} },
    ],
    savings: isKnown && asked.get("savings") !== "none" ? madeUpSavings(model, rounds, Math.ceil((expected ?? 0) / rounds)) : [],
    refusal, token: canOrder ? `token-${String(rounds)}` : null, expiresAtMs: canOrder ? Date.now() + 600_000 : null,
  };
}

function refusalOf(order: string | null, model: string, ceiling: number): Failure | null {
  const title = { kind: "text", value: "OpenAI" } as const;
  if (order === "closed") return failure("service_closed", { title, on: { kind: "date", value: "2027-01-06" } });
  if (order === "price_unknown") return failure(order, { title, model: { kind: "text", value: model } });
  if (order !== "above_job_cap" && order !== "above_day_cap" && order !== "above_month_cap") return null;
  const amounts = { needed: ceiling, left: 400_000, limit: 25_000_000 };
  return failure(order, Object.fromEntries(Object.entries(amounts).map(([name, value]) => [name, { kind: "micro_usd", value }])));
}

/** A training at OpenAI; `sent` bytes of its examples are there while it is not ordered yet. */
export function madeUpFarRun(state: RunDetail["summary"]["state"], sent?: number): RunDetail {
  const run = madeUpRun(state);
  const isOver = state === "succeeded";
  return {
    ...run,
    summary: { ...run.summary, model: isOver ? "ft:gpt-4.1-mini-2025-04-14:bicycle-shop::Bx9" : null, service: "openai", serviceTitle: "OpenAI", base: "gpt-4.1-mini-2025-04-14", baseTitle: "gpt-4.1-mini-2025-04-14" },
    promisedMemoryBytes: null, peakMemoryBytes: null,
    cost: { expectedMicroUsd: 918_060, ceilingMicroUsd: 920_000, billedTokens: isOver ? 183_612 : null, actualMicroUsd: isOver ? 918_060 : null, ifStopped: isOver ? null : { billsDone: false, leastMicroUsd: 0, mostMicroUsd: 920_000 } },
    upload: sent === undefined ? null : { sentBytes: sent, totalBytes: 84_310 },
    canPause: true, isLookedFor: false,
  };
}

/** What answers of OpenAI cost; `paid` chooses them. */
export const answerPrice: AnswerPrice = { serviceTitle: "OpenAI", rates: { fixedMicroUsd: 3_260, perMillionBytesMicroUsd: 800_000 } };
export const testPrice: TestPrice = { serviceTitle: "OpenAI", amounts: { expectedMicroUsd: 14_200, mostMicroUsd: 93_400 } };

const stored: StoredThing[] = [
  { id: "file-1", kind: "file", name: "attune-01j8x2ab-train.jsonl", bytes: 84_310, createdAtMs: Date.now() - 3_600_000, expiresAtMs: Date.now() + 2.5e9, isOurs: true },
  { id: "ft:gpt-4.1-mini-2025-04-14:bicycle-shop::Bx9", kind: "model", name: "ft:gpt-4.1-mini-2025-04-14:bicycle-shop::Bx9", bytes: null, createdAtMs: Date.now() - 9e7, expiresAtMs: null, isOurs: true },
  { id: "file-2", kind: "file", name: "old-notes.pdf", bytes: 1_204_991, createdAtMs: Date.now() - 9e9, expiresAtMs: null, isOurs: false },
];

export function madeUpOrders(asked: URLSearchParams, ordered: (run: RunDetail) => RunDetail): Answers {
  let things = stored;
  let tokenizerFile = asked.get("tokenizer") === "chosen" ? "tokenizer.json" : null;
  let forgottenFile: string | null = null;
  return {
    order_quote: (request) => madeUpQuote(asked, request, tokenizerFile),
    tokenizer_choose: () => {
      if (asked.get("tokenizer") === "broken") throw failure("tokenizer_broken", { file: { kind: "text", value: "notes.json" } });
      tokenizerFile = "tokenizer.json";
      return { file: tokenizerFile };
    },
    tokenizer_forget: () => {
      forgottenFile = tokenizerFile;
      tokenizerFile = null;
      return {};
    },
    tokenizer_restore: () => {
      tokenizerFile = forgottenFile;
      return { file: tokenizerFile };
    },
    order_place: () => {
      if (asked.get("order") === "outdated") throw failure("quote_outdated");
      return ordered(madeUpFarRun("intent", 21_000));
    },
    run_cancel_others: () => ordered(madeUpFarRun("running")),
    run_find: () => ordered(madeUpFarRun("ambiguous")),
    stored_list: () => ({ things, hasMore: false }),
    stored_delete: ({ id }) => {
      things = things.filter((thing) => thing.id !== id);
      return { things, hasMore: false };
    },
  };
}
