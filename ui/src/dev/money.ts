/** Made-up spending, prices and outlooks, for looking at the page. Never part of the build. */
import type {
  LedgerRow, Outlook, OutlookRequest, PaysOff, PricedModelShown, PriceFor, PriceList, PriceShown, Saving, SpendCaps, SpendNotice, SpendState,
} from "../generated/types";
import { failure, type FakeHost } from "../host/fake";

type Answers = Parameters<FakeHost["answer"]>[0];
type Slowly = <Value>(value: () => Value) => Promise<Value>;

const DOLLAR = 1_000_000;
const HOUR_MS = 3_600_000;
/** The standing instructions and three made-up examples. */
const TOLD_TOKENS = 395;

const rows: LedgerRow[] = [
  {
    atMs: Date.now() - 600_000, kind: "answer", run: "01J", project: 1, projectName: "Shop replies", serviceTitle: "OpenAI",
    model: "ft:gpt-4.1-mini-2025-04-14:bicycle-shop::Bx9", expectedMicroUsd: null, ceilingMicroUsd: 3_262, actualMicroUsd: 412, billedTokens: 311,
  },
  {
    atMs: Date.now() - 1_800_000, kind: "test", run: "01J", project: 1, projectName: "Shop replies", serviceTitle: "OpenAI",
    model: "ft:gpt-4.1-mini-2025-04-14:bicycle-shop::Bx9", expectedMicroUsd: 14_200, ceilingMicroUsd: 93_400, actualMicroUsd: 12_100, billedTokens: 5_120,
  },
  {
    atMs: Date.now() - 26 * HOUR_MS, kind: "training", run: "01J", project: 1, projectName: "Shop replies", serviceTitle: "OpenAI",
    model: "gpt-4.1-mini-2025-04-14", expectedMicroUsd: 918_060, ceilingMicroUsd: 920_000, actualMicroUsd: 918_060, billedTokens: 183_612,
  },
  {
    atMs: Date.now() - 50 * HOUR_MS, kind: "training", run: "012", project: 3, projectName: "Krankenhausinformationssystemschulungsunterlagen",
    serviceTitle: "Nebius Token Factory", model: "meta-llama/Llama-3.1-8B-Instruct", expectedMicroUsd: 2_100_000, ceilingMicroUsd: 3_200_000,
    actualMicroUsd: 2_340_000, billedTokens: 5_850_000,
  },
  {
    atMs: Date.now() - 75 * HOUR_MS, kind: "training", run: "011", project: 2, projectName: "Bicycle shop", serviceTitle: "Crusoe",
    model: "qwen/Qwen3-8B", expectedMicroUsd: null, ceilingMicroUsd: 600_000, actualMicroUsd: null, billedTokens: null,
  },
];

/** `ledger=none` and `ledger=many` choose. */
function madeUpLedger(asked: URLSearchParams): { total: number; row: (index: number) => LedgerRow } {
  const size = asked.get("ledger");
  const total = size === "none" ? 0 : size === "many" ? 1_234 : rows.length;
  const base = (index: number) => rows[index % rows.length] as LedgerRow;
  return { total, row: (index) => ({ ...base(index), atMs: base(index).atMs - Math.floor(index / rows.length) * 100 * HOUR_MS }) };
}

function noticesOf(spent: number, limitMicroUsd: number, cap: SpendNotice["cap"]): SpendNotice[] {
  const percent = spent >= 0.8 * limitMicroUsd ? 80 : 50;
  return limitMicroUsd > 0 && spent >= 0.5 * limitMicroUsd ? [{ cap, percent, spentMicroUsd: spent, limitMicroUsd }] : [];
}

/** `spent=near` and `spent=over` choose. */
function madeUpSpent(asked: URLSearchParams, caps: SpendCaps): SpendState {
  const near: [today: number, month: number] = [13.1 * DOLLAR, 41.25 * DOLLAR];
  const over: [today: number, month: number] = [25.4 * DOLLAR, 47.9 * DOLLAR];
  const usual: [today: number, month: number] = [12_512, 3_870_572];
  const none: [today: number, month: number] = [0, 0];
  const chosen = { near, over }[asked.get("spent") ?? ""] ?? (asked.get("ledger") === "none" ? none : usual);
  const [todayMicroUsd, thisMonthMicroUsd] = chosen;
  return {
    caps, todayMicroUsd, thisMonthMicroUsd,
    notices: [...noticesOf(todayMicroUsd, caps.perDayMicroUsd, "day"), ...noticesOf(thisMonthMicroUsd, caps.perMonthMicroUsd, "month")],
  };
}

function madeUpPrices(isOld: boolean, isUntunedKnown: boolean): PriceList {
  const checkedOn = isOld ? "2026-09-30" : "2026-11-22";
  const price = (priceFor: PriceFor, microUsd: number): PriceShown => ({
    priceFor, by: priceFor === "hosting" ? "hour" : "million_tokens", microUsd, checkedOn, isOld, bookMicroUsd: null, isCorrected: false, earlier: [],
  });
  const model = (service: string, serviceTitle: string, name: string, prices: PriceShown[], endsOn: string | null = null): PricedModelShown => ({
    service, serviceTitle, model: name, endsOn, prices,
  });
  return {
    source: "OpenAI, API pricing page", checkedOn,
    models: [
      model("openai", "OpenAI", "gpt-4.1-mini-2025-04-14", [
        price("training", 5_000_000), price("input", 800_000), price("cached_input", 200_000), price("output", 3_200_000), price("batch_input", 400_000),
        price("batch_output", 1_600_000), ...(isUntunedKnown ? [price("untuned_input", 400_000), price("untuned_output", 1_600_000)] : []),
      ], "2027-01-14"),
      ...(isUntunedKnown ? [model("openai", "OpenAI", "gpt-5.1", [price("untuned_input", 1_250_000), price("untuned_output", 10_000_000)])] : []),
      model("openai", "OpenAI", "gpt-4o-mini-2024-07-18", [price("training", 6_000_000), price("input", 300_000), price("output", 1_200_000)], "2027-01-14"),
      model("nebius", "Nebius Token Factory", "meta-llama/Llama-3.1-8B-Instruct", [price("training", 400_000), price("input", 37_500), price("hosting", 1_300_000)]),
      model("crusoe", "Crusoe", "qwen/Qwen3-8B", []),
    ],
  };
}

function range(expectedMicroUsd: number, spread = 0.2, isBounded = true): Outlook["rows"][number]["year"] {
  return {
    lowMicroUsd: Math.round(expectedMicroUsd * (1 - spread)), expectedMicroUsd,
    highMicroUsd: isBounded ? Math.round(expectedMicroUsd * (1 + spread)) : null,
  };
}

function paysOff(saved: number, training: number | null, callsADay: number, daysLeft: number): PaysOff {
  if (training === null) return { kind: "unknown" };
  if (saved <= 0) return { kind: "never" };
  const calls = Math.ceil((training * 1_000) / saved);
  const days = Math.ceil(calls / callsADay);
  return days > daysLeft ? { kind: "after_its_end", days } : { kind: "after", calls, days };
}

/** `outlook=nowhere` knows no place, `outlook=unpriced` no price of one model, and without examples there is nothing to tell. */
export function madeUpOutlook(
  asked: URLSearchParams, { callsADay, cachedPercent, isBatch, power, untuned }: OutlookRequest, examples: number, list: PriceList,
): Outlook {
  const factor = (isBatch ? 0.5 : 1) * (1 - cachedPercent / 200);
  const untunedModels = list.models.flatMap(({ service, serviceTitle, model, prices }) => {
    const asks = (wanted: PriceShown["priceFor"]) => prices.find(({ priceFor }) => priceFor === wanted)?.microUsd;
    const [input, output] = [asks("untuned_input"), asks("untuned_output")];
    return input === undefined || output === undefined ? [] : [{ of: { service, serviceTitle, model }, input, output }];
  });
  const told = untuned?.toldTokens ?? TOLD_TOKENS;
  const other = untunedModels.find(({ of }) => of.service === untuned?.service && of.model === untuned.model) ?? untunedModels[0];
  const thousand = other ? Math.round(((102 + told) * other.input + 9 * other.output) / 1_000) : 0;
  const use = other && { of: other.of, toldTokens: told, thousandCallsMicroUsd: thousand, yearMicroUsd: Math.round((thousand * callsADay * 365) / 1_000) };
  const row = (service: string, serviceTitle: string, model: string, training: number, thousand: number, endsOn: string | null, isBounded = true) => {
    const days = endsOn === null ? 365 : 46;
    const asksMicroUsd = Math.round(thousand * factor);
    return {
      service, serviceTitle, model, training: range(training, 0), thousandCalls: range(asksMicroUsd, 0.2),
      year: range(training + Math.round((asksMicroUsd * callsADay * days) / 1_000), 0.3, isBounded), days, endsOn,
      paysOff: isBatch || !use ? null : paysOff(use.thousandCallsMicroUsd - asksMicroUsd, isBounded ? training : null, callsADay, days),
    };
  };
  const places = [
    row("nebius", "Nebius Token Factory", "meta-llama/Llama-3.1-8B-Instruct", 80_000, 9_400, null, false),
    row("openai", "OpenAI", "gpt-4o-mini-2024-07-18", 1_101_672, 61_000, "2027-01-14"),
    row("openai", "OpenAI", "gpt-4.1-mini-2025-04-14", 918_060, 163_000, "2027-01-14"),
  ];
  return {
    inputTokens: 164, outputTokens: 9, instructionTokens: 62, rows: asked.get("outlook") === "nowhere" ? [] : places,
    unpriced: asked.get("outlook") === "unpriced" ? ["qwen/Qwen3-8B"] : [], here: { trainingSeconds: asked.has("known") ? 190 : null, power: asked.has("known") && power ? { wattHours: 4, costMicros: 1_200 } : null },
    toldTokens: TOLD_TOKENS, untunedModels: untunedModels.map(({ of }) => of), untuned: isBatch ? null : (use ?? null),
    places: [{ service: "openai", title: "OpenAI" }, { service: "nebius", title: "Nebius Token Factory" }],
    refusal: examples < 10 ? failure("too_few_examples", { count: { kind: "count", value: examples }, needed: { kind: "count", value: 10 } }) : null,
  };
}

/** Ways to spend less on what is quoted; a smaller model and fewer rounds are there only while there is less to have. */
export function madeUpSavings(model: string, rounds: number, perRound: number): Saving[] {
  const ways: Saving[] = [
    { way: { kind: "fewer_examples", keep: 75 }, trainingMicroUsd: Math.round((perRound * rounds) / 2), thousandCallsMicroUsd: null, risk: "less_variety" },
    { way: { kind: "shorter_instructions", fewer_tokens: 31 }, trainingMicroUsd: 42_000, thousandCallsMicroUsd: 12_400, risk: "forgets_instructions" },
    { way: { kind: "batch" }, trainingMicroUsd: 0, thousandCallsMicroUsd: 81_500, risk: "answers_later" },
  ];
  if (rounds > 1) ways.push({ way: { kind: "fewer_rounds", to: rounds - 1 }, trainingMicroUsd: perRound, thousandCallsMicroUsd: null, risk: "learns_less" });
  const smaller = "gpt-4o-mini-2024-07-18";
  const smallest = "ft:gpt-4.1-mini-2025-04-14:bicycle-shop-schulungsunterlagen:replies:Bx9";
  if (model !== smallest) ways.push({ way: { kind: "smaller_model", model: smallest }, trainingMicroUsd: 0, thousandCallsMicroUsd: 120_000, risk: "weaker_model" });
  if (model !== smaller && model !== smallest) ways.push({ way: { kind: "smaller_model", model: smaller }, trainingMicroUsd: 0, thousandCallsMicroUsd: 102_000, risk: "weaker_model" });
  return ways;
}

/** `ledger=`, `spent=`, `prices=old`, `prices=none`, `csv=left` (the dialog is left) and `outlook=` choose; `untuned=known`
 * knows what two models ask without training. */
export function madeUpMoney(asked: URLSearchParams, slowly: Slowly, examples: () => number): Answers {
  let caps: SpendCaps = { perJobMicroUsd: 10 * DOLLAR, perDayMicroUsd: 25 * DOLLAR, perMonthMicroUsd: 50 * DOLLAR };
  const ledger = madeUpLedger(asked);
  let list = madeUpPrices(asked.get("prices") === "old", asked.get("untuned") === "known");
  if (asked.get("prices") === "none") list = { ...list, models: [] };

  function correct({ service, model, priceFor, by, amount }: Parameters<NonNullable<Answers["price_correct"]>>[0]): PriceList {
    const isSame = (price: PriceShown) => price.priceFor === priceFor && price.by === by;
    const known = list.models.find((one) => one.service === service && one.model === model);
    const before = known?.prices.find(isSame);
    const book = before?.isCorrected ? before.bookMicroUsd : (before?.microUsd ?? null);
    const typed = amount == null ? null : Math.round(Number(amount) * DOLLAR);
    const microUsd = typed ?? book;
    const price: PriceShown[] = microUsd === null
      ? []
      : [{ priceFor, by, microUsd, checkedOn: typed === null ? list.checkedOn : "2026-11-29", isOld: false, bookMicroUsd: typed === null ? null : book, isCorrected: typed !== null, earlier: typed === null ? [{ microUsd: 4_000_000, on: "2026-11-23" }] : [] }];
    const prices = before ? (known?.prices ?? []).flatMap((one) => (isSame(one) ? price : [one])) : [...(known?.prices ?? []), ...price];
    const fresh: PricedModelShown = {
      service, serviceTitle: list.models.find((one) => one.service === service)?.serviceTitle ?? service, model, endsOn: known?.endsOn ?? null, prices,
    };
    const models = known ? list.models.map((one) => (one === known ? fresh : one)) : [...list.models, fresh];
    // What only the person had a price of is forgotten with it, unless a connected place has it.
    list = { ...list, models: models.filter((one) => one.prices.length > 0 || one.service === "crusoe") };
    return list;
  }

  return {
    spend_read: () => slowly(() => madeUpSpent(asked, caps)),
    spend_caps_change: (wanted) => {
      caps = wanted;
      return madeUpSpent(asked, caps);
    },
    ledger_read: ({ start, count }) =>
      slowly(() => ({
        start, total: ledger.total,
        rows: Array.from({ length: Math.max(0, Math.min(count, ledger.total - start)) }, (_, index) => ledger.row(start + index)),
      })),
    ledger_export: () => ({ file: asked.get("csv") === "left" ? null : "attune-spending.csv" }),
    price_list: () => slowly(() => list),
    price_correct: correct,
    untuned_prices_set: ({ service, model, input, cachedInput, output }) => {
      const set = (priceFor: PriceFor, amount: string) => correct({ service, model, priceFor, by: "million_tokens", amount });
      set("untuned_input", input);
      set("untuned_cached_input", cachedInput);
      return set("untuned_output", output);
    },
    outlook_read: (request) => slowly(() => madeUpOutlook(asked, request, examples(), list)),
  };
}
