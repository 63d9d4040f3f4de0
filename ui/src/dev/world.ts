/**
 * A made-up backend for looking at every screen without the program. It keeps to the contract, invents what it
 * says, and is reached from `dev.html` only, which the build leaves out.
 */
import type {
  AppState, CheckReport, ExampleCard, ExampleChange, ExampleView, ExportState, HistoryState, ImportPreview, ModelShelf, ProjectSummary, RunDetail, RunState, Settings, TestReport,
} from "../generated/types";
import { failure, fakeHost, never, type FakeHost } from "../host/fake";
import { madeUpExport, madeUpFit, madeUpPlan, madeUpShelf, STARTER_BYTES } from "./models";
import { madeUpMoney } from "./money";
import { answerPrice, madeUpFarRun, madeUpOrders, testPrice } from "./orders";
import { madeUpRun, madeUpTest, type MadeUpBase } from "./runs";
import { madeUpServices } from "./services";
import { answer, groups, question } from "./texts";
import { madeUpWork } from "./work";

const counts: Record<string, number> = { none: 0, few: 3, many: 1_000_000 };

export function world(asked: URLSearchParams): FakeHost {
  const size = asked.get("size") ?? "some";
  const runState = asked.get("run") as RunState | null;
  const testPhase = asked.get("test") as TestReport["phase"] | null;
  const isHeld = asked.has("loading");
  const isBroken = asked.has("failed");
  let total = counts[size] ?? 186;
  let settings: Settings = {
    theme: (asked.get("theme") as Settings["theme"] | null) ?? "system", lastPlace: asked.get("place"),
    trainingCores: asked.has("cores") ? Number(asked.get("cores")) : null, keepAwake: false, notify: "yes",
  };
  const base = (asked.get("base") as MadeUpBase | null) ?? "starter";
  let run: RunDetail | null = runState ? (asked.has("far") ? madeUpFarRun(runState) : madeUpRun(runState, 1, base)) : null;
  let report: TestReport | null = testPhase ? madeUpTest(testPhase, base !== "lab") : null;
  let shelf: ModelShelf = madeUpShelf(asked);
  const exportPhase = asked.get("export") as ExportState["phase"] | null;
  let exported: ExportState | null = exportPhase ? madeUpExport(exportPhase) : null;
  const become = (model: string, readiness: ModelShelf["models"][number]["readiness"]): ModelShelf =>
    (shelf = { ...shelf, models: shelf.models.map((one) => (one.model === model ? { ...one, readiness } : one)) });
  let undone: HistoryState["undo"] = { kind: "edit", examples: 1, atMs: Date.now() };
  const edits = new Map<number, string>();

  const project = (): ProjectSummary => ({
    id: 1, name: asked.get("name") ?? "Shop replies", sourceName: total > 0 ? "replies-2026.csv" : null, sample: false, examples: total, changedAtMs: Date.now(),
  });
  const others: ProjectSummary[] = [
    { id: 2, name: "Bicycle shop", sourceName: "bicycle-shop-messages.csv", sample: true, examples: 240, changedAtMs: Date.now() - 8e7 },
    { id: 3, name: "Krankenhausinformationssystemschulungsunterlagen", sourceName: "schulung.csv", sample: false, examples: 12_480, changedAtMs: Date.now() - 9e9 },
  ];
  const toLookAt = () => (total > 20 ? 2 : 0);
  const history = (): HistoryState => ({ undo: undone, redo: null, version: 1 });
  const has = (id: number) => (id === 14 || id === 17) && total > 20;
  const card = (id: number): ExampleCard => ({
    id, line: id + 1, tokens: 64,
    messages: [
      { role: "question", content: edits.get(id * 2) ?? question(id - 1), learned: false },
      { role: "answer", content: edits.get(id * 2 + 1) ?? (has(id) ? "" : answer(id - 1)), learned: true },
    ],
    problems: has(id) ? [{ code: "empty_answer", severity: "error", message: 1, what: null }] : [],
  });
  const changed = (shown: ExampleCard | null): ExampleChange => ({ card: shown, history: history(), projectTotal: total, toLookAt: toLookAt() });
  const view = (only: boolean, search: string | null | undefined): ExampleView => ({
    view: search === "zzz" ? 3 : only ? 2 : 1, total: search === "zzz" ? 0 : only ? toLookAt() : total, projectTotal: total, toLookAt: toLookAt(), history: history(),
  });

  /** The examples of one window of a view. */
  const idsIn = (view: number, start: number, count: number): number[] => {
    if (view === 2) return [14, 17].slice(start, start + count);
    return Array.from({ length: Math.max(0, Math.min(count, total - start)) }, (_, row) => start + row + 1);
  };

  const preview: ImportPreview = {
    handle: "h", displayName: "replies-2026.csv", bytes: 48_200, kind: "table",
    columns: ["date", "customer", "message", "reply", "agent"].map((name, index) => ({ index, name })),
    rows: Array.from({ length: 20 }, (_, row) => [`2026-03-${String(row + 1).padStart(2, "0")}`, `C-${String(4000 + row)}`, question(row), answer(row), "Mia"]),
    guess: { question: 2, answer: 3 }, suggestedName: "Replies 2026", encoding: "UTF-8",
  };
  const left = [
    { line: 18, code: "unclosed_quote" as const, text: "2026-03-18,C-4017,\"I want my mon" },
    { line: 90, code: "bad_encoding" as const, text: "2026-04-02,C-4120,Sch\ufffdne Gr\ufffd\ufffde,delivery" },
  ];
  const checkReport = (): CheckReport => ({
    examples: total, usable: total - toLookAt(),
    lights: [
      { topic: "enough", state: total >= 50 ? "good" : total >= 10 ? "care" : "bad", count: total },
      { topic: "sound", state: toLookAt() ? "bad" : "good", count: toLookAt() },
      { topic: "different", state: total > 20 ? "care" : "good", count: 3 },
      { topic: "length", state: "good", count: 0 },
      { topic: "kept_aside", state: total >= 50 ? "good" : "care", count: Math.round(total / 10) },
    ],
    problems: total > 20 && !asked.has("clean") ? [
      { code: "empty_answer", severity: "error", count: 2, places: [14, 17].map((id) => ({ example: id, line: id + 1, question: question(id - 1), answer: "" })) },
      { code: "duplicate", severity: "warning", count: 30, places: Array.from({ length: 20 }, (_, id) => ({ example: id + 30, line: id + 31, question: question(id), answer: answer(id) })) },
    ] : [],
    leftOut: total > 20 ? left : [], leftOutTotal: total > 20 ? 5 : 0,
    tokens: { encoding: "o200k_base", total: total * 21, answers: total * 3, longest: 141 },
    split: { train: Math.round(total * 0.8), validate: Math.round(total * 0.1), test: Math.round(total * 0.1) },
    answers: { kind: "groups", groups: groups.map((name, index) => ({ answer: name, count: Math.max(1, 48 - index * 7) })), total: groups.length },
  });

  const host = fakeHost();
  const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));
  async function slowly<Value>(value: () => Value): Promise<Value> {
    if (isHeld) return never();
    await pause(20);
    if (isBroken) throw failure("library_busy");
    return value();
  }

  host.answer({
    app_read: (): AppState => ({
      version: "0.1.0", spentThisMonthMicroUsd: 0, isWorkCounted: asked.has("work"), cores: 8, settings,
      libraryFailure: asked.has("library") ? failure("library_damaged", { file: { kind: "text", value: "library.db" } }) : null,
    }),
    app_retry: () => host.call("app_read", {}),
    app_quit: () => ({}),
    settings_change: ({ trainingCores, ...changed }) =>
      (settings = { ...settings, ...changed, ...(trainingCores === undefined ? {} : { trainingCores: trainingCores || null }) }),
    ...madeUpServices(asked, slowly),
    ...madeUpOrders(asked, (ordered) => (run = ordered)),
    ...madeUpMoney(asked, slowly, () => total),
    ...madeUpWork(asked, slowly, (isCounted) => host.emit("work_changed", { isCounted })),
    project_list: () => slowly(() => ({ projects: size === "none" ? [] : [project(), ...others] })),
    project_create: () => project(),
    project_create_sample: () => project(),
    project_rename: (request) => ({ ...project(), name: request.name }),
    project_delete: () => ({ projects: others }),
    project_restore: () => ({ projects: [project(), ...others] }),
    project_overview: () => ({ summary: project(), toLookAt: toLookAt(), latestRun: run?.summary.state ?? null, hasModel: run?.summary.state === "succeeded", hasTest: report?.phase === "finished" }),
    import_pick: () => ({ preview }),
    import_start: async () => {
      for (let read = 0; read <= 10; read += 1) {
        host.emit("import_progress", { handle: "h", examples: read * 19, bytesRead: read * 4_820, bytes: 48_200 });
        await pause(asked.has("slow") ? 4_000 : 30);
      }
      return { project: project(), imported: 195, good: 186, needLook: 9, leftOut: 5, leftOutRows: left, blank: 1 };
    },
    import_stop: () => ({}),
    import_forget: () => ({}),
    example_view: (request) => slowly(() => view(request.onlyProblems, request.search)),
    example_window: (request) => ({
      start: request.start,
      rows: idsIn(request.view, request.start, request.count).map((id) => {
        return { id, question: edits.get(id * 2) ?? question(id - 1), answer: has(id) ? "" : answer(id - 1), problems: has(id) ? ["empty_answer" as const] : [] };
      }),
    }),
    example_read: (request) => card(request.example),
    example_edit: async (request) => {
      await pause(150);
      request.messages.forEach((message, index) => edits.set(request.example * 2 + index, message.content));
      return changed(card(request.example));
    },
    example_add: () => {
      total += 1;
      return changed(card(total));
    },
    example_delete: () => {
      total -= 1;
      undone = { kind: "delete", examples: 1, atMs: Date.now() };
      return changed(null);
    },
    history_undo: () => ({ step: undone, history: history(), projectTotal: total, toLookAt: toLookAt() }),
    history_redo: () => ({ step: null, history: history(), projectTotal: total, toLookAt: toLookAt() }),
    check_run: () => slowly(checkReport),
    check_leave_out: () => changed(null),
    model_shelf: () => slowly(() => shelf),
    model_fetch: async ({ model }) => {
      become(model, { kind: "fetching", progress: { model, doneBytes: 0, totalBytes: STARTER_BYTES, checking: false, left: null } });
      for (let part = 0; part <= 10 && asked.has("slow"); part += 1) {
        host.emit("model_progress", { model, doneBytes: (STARTER_BYTES * part) / 10, totalBytes: STARTER_BYTES, checking: part === 10, left: { low: 20, high: 50 } });
        await pause(400);
      }
      return asked.has("slow") ? become(model, { kind: "ready" }) : shelf;
    },
    model_fetch_stop: ({ model }) => become(model, { kind: "partly_fetched", done_bytes: 41_200_000, failure: null }),
    model_pick: () => {
      if (asked.has("refuse")) throw failure("model_unsupported", { kind: { kind: "text", value: "GPT-2" } });
      const added = "own:picked";
      shelf = { ...shelf, models: [...shelf.models, { ...(shelf.models[0] as ModelShelf["models"][number]), model: added, title: "picked-model", origin: "own", readiness: { kind: "ready" } }] };
      return { shelf, added };
    },
    model_forget: ({ model }) => (shelf = { ...shelf, models: shelf.models.filter((one) => one.model !== model) }),
    model_measure: async ({ model }) => {
      await pause(asked.has("slow") ? 2_000 : 20);
      return madeUpFit(model, asked.has("heavy"));
    },
    model_export: () => ({ export: (exported = madeUpExport("writing")) }),
    model_export_read: () => slowly(() => ({ export: exported })),
    model_export_stop: () => ({ export: (exported = madeUpExport("stopped")) }),
    train_plan: (request) => slowly(() => madeUpPlan(asked, request.model ?? shelf.suggested, request.settings, total)),
    train_start: () => (run = madeUpRun("running")),
    run_latest: () => ({ run }),
    run_list: () => ({ runs: run ? [run.summary, madeUpRun("succeeded", 1, "trained", 2).summary, madeUpRun("cancelled", 1, "lab", 1).summary] : [] }),
    run_read: (request) => (request.run === run?.summary.run ? run : madeUpRun("succeeded", 1, request.run === "011" ? "starter" : "trained", request.run === "011" ? 1 : 2)),
    run_pause: () => (run = madeUpRun("paused")),
    run_resume: () => (run = madeUpRun("running")),
    run_cancel: () => (run = madeUpRun("cancelled")),
    test_read: () => slowly(() => ({ model: run?.summary.state === "succeeded" ? run.summary : null, keptAside: 18, report, price: asked.has("paid") ? testPrice : null })),
    test_start: () => (report = madeUpTest("running")),
    test_stop: () => ({ model: run?.summary ?? null, keptAside: 18, report: (report = madeUpTest("stopped")), price: asked.has("paid") ? testPrice : null }),
    test_rows: (request) => ({
      start: request.start, total: request.onlyWrong ? 2 : (report?.done ?? 0),
      rows: Array.from({ length: request.onlyWrong ? 2 : (report?.done ?? 0) }, (_, row) => ({
        number: row + 1, question: question(row), expected: answer(row), answer: row % 9 === 4 || request.onlyWrong ? "delivery" : answer(row), unanswered: null, right: !(row % 9 === 4 || request.onlyWrong),
        before: base === "lab" ? null : row === 3 ? answer(row) : "I am sorry to hear that! Could you please tell me more about your order so that I can help?",
        beforeRight: base === "lab" ? null : row === 3,
      })),
    }),
    chat_read: () => ({
      model: run?.summary ?? null,
      lines: asked.has("talk") ? [{ id: 1, author: "person", text: "The chain jumps when I ride uphill" }, { id: 2, author: "assistant", text: "repair" }] : [],
      answering: null, suggestions: [question(5), question(2), question(3)],
      price: asked.has("paid") ? answerPrice : null,
    }),
    chat_send: async (request) => {
      for (const piece of ["re", "pa", "ir"]) {
        await pause(300);
        host.emit("chat_piece", { project: 1, text: piece });
      }
      return { question: { id: Date.now(), author: "person", text: request.text }, answer: { id: Date.now() + 1, author: "assistant", text: "repair" }, cutOff: false, costMicroUsd: asked.has("paid") ? 412 : null };
    },
    chat_stop: () => ({}),
    chat_clear: () => ({ model: run?.summary ?? null, lines: [], answering: null, suggestions: [question(5), question(2), question(3)], price: asked.has("paid") ? answerPrice : null }),
  });
  Object.assign(globalThis, { attuneHost: host, attunePreview: preview });
  return host;
}
