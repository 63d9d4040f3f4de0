// Written by `cargo xtask codegen` from the contract; never edited.

export type AmountRange = {
/**
 * The least.
 */
lowMicroUsd: number,
/**
 * What is expected.
 */
expectedMicroUsd: number,
/**
 * The most; absent where nobody can tell.
 */
highMicroUsd: number | null, };

export type AnswerGroup = {
/**
 * The answer.
 */
answer: string,
/**
 * How often.
 */
count: number, };

export type AnswerPrice = {
/**
 * What a person calls the service.
 */
serviceTitle: string,
/**
 * How much; absent where no price is known.
 */
rates: AnswerRates | null, };

export type AnswerRates = {
/**
 * For the standing instructions and the longest answer, in millionths of a US dollar.
 */
fixedMicroUsd: number,
/**
 * For a million bytes of the question's text as UTF-8, in millionths of a US dollar.
 */
perMillionBytesMicroUsd: number, };

export type AnswerShape = { "kind": "groups",
/**
 * Each with how often it comes, the most frequent first, 24 at most.
 */
groups: Array<AnswerGroup>,
/**
 * How many there are.
 */
total: number, } | { "kind": "text" };

export type AppState = {
/**
 * The program's version.
 */
version: string,
/**
 * The settings in force.
 */
settings: Settings,
/**
 * Cores of this computer that can train.
 */
cores: number,
/**
 * Why the library could not be opened; without it nothing but this can be shown.
 */
libraryFailure: Failure | null,
/**
 * Millionths of a US dollar spent at services since the first of this month; what is not known yet
 * counts as the most that was agreed to.
 */
spentThisMonthMicroUsd: number,
/**
 * Whether the time that a person works on examples is counted.
 */
isWorkCounted: boolean, };

export type CardMessage = {
/**
 * Who says it.
 */
role: MessageRole,
/**
 * The text.
 */
content: string,
/**
 * Whether the model learns to say it.
 */
learned: boolean, };

export type CardProblem = {
/**
 * What it is.
 */
code: ProblemCode,
/**
 * How bad.
 */
severity: Severity,
/**
 * The message it is in, from 0.
 */
message: number | null,
/**
 * The offending piece.
 */
what: string | null, };

export type ChatAnswer = {
/**
 * The question as stored.
 */
question: ChatLine,
/**
 * The answer as stored.
 */
answer: ChatLine,
/**
 * Whether the answer was cut off at its longest length.
 */
cutOff: boolean,
/**
 * What it cost, in millionths of a US dollar, where that is known.
 */
costMicroUsd: number | null, };

export type ChatAuthor = "person" | "assistant";

export type ChatEnded = {
/**
 * In which project's chat.
 */
project: number,
/**
 * Why there is none.
 */
failure: Failure | null, };

export type ChatLine = {
/**
 * Which line.
 */
id: number,
/**
 * Who wrote it.
 */
author: ChatAuthor,
/**
 * The text.
 */
text: string, };

export type ChatPiece = {
/**
 * Of which project's chat.
 */
project: number,
/**
 * What is new in it.
 */
text: string, };

export type ChatSendRequest = {
/**
 * Of which project.
 */
project: number,
/**
 * The question, 1 to 20,000 characters.
 */
text: string,
/**
 * The amount that stood on the button, in millionths of a US dollar; absent where answers are
 * free or have no known price.
 */
mostMicroUsd?: number | null, };

export type ChatState = {
/**
 * The model's training; absent before the first one succeeded.
 */
model: RunSummary | null,
/**
 * The lines so far.
 */
lines: Array<ChatLine>,
/**
 * The answer to the last line as far as it came, where it is still coming.
 */
answering: string | null,
/**
 * Three questions of the kept-aside examples, to start with.
 */
suggestions: Array<string>,
/**
 * Who wants money for an answer, and how much; absent where it is free.
 */
price: AnswerPrice | null, };

export type CheckLeaveOutRequest = {
/**
 * Of which project.
 */
project: number,
/**
 * Which problem.
 */
code: ProblemCode, };

export type CheckReport = {
/**
 * Examples in all.
 */
examples: number,
/**
 * Of these, without an error.
 */
usable: number,
/**
 * The lights, in the order of the page.
 */
lights: Array<Light>,
/**
 * The problems, the worst first.
 */
problems: Array<ProblemGroup>,
/**
 * Rows of the file that could not be brought in, the first 50.
 */
leftOut: Array<LeftOutRow>,
/**
 * How many there were.
 */
leftOutTotal: number,
/**
 * Tokens.
 */
tokens: TokenTotals,
/**
 * The split.
 */
split: SplitCounts,
/**
 * What the answers are like.
 */
answers: AnswerShape, };

export type Closing = {
/**
 * How many trainings are being paused at a saved moment first.
 */
pausing: number, };

export type ColumnChoice = {
/**
 * The column with the questions.
 */
question: number,
/**
 * The column with the answers.
 */
answer: number,
/**
 * The column with standing instructions, if there is one.
 */
instructions?: number | null, };

export type CurvePoint = {
/**
 * The step.
 */
step: number,
/**
 * Loss on the examples it learns from.
 */
trainLoss: number | null,
/**
 * Loss on the examples that are only watched.
 */
validateLoss: number | null, };

export type EarlierPrice = {
/**
 * How much; absent where what was typed before was taken back.
 */
microUsd: number | null,
/**
 * On which day, `YYYY-MM-DD`.
 */
on: string, };

export type ExampleAddRequest = {
/**
 * Into which project.
 */
project: number,
/**
 * Behind which example; at the end when absent.
 */
after?: number | null,
/**
 * What is asked.
 */
question: string,
/**
 * The answer.
 */
answer: string, };

export type ExampleCard = {
/**
 * Which one.
 */
id: number,
/**
 * Its line in the file it came from, from 1.
 */
line: number | null,
/**
 * Its messages in order.
 */
messages: Array<CardMessage>,
/**
 * Tokens of the whole example, as training counts them.
 */
tokens: number,
/**
 * What needs a look.
 */
problems: Array<CardProblem>, };

export type ExampleChange = {
/**
 * The example as it is now; absent when it was deleted.
 */
card: ExampleCard | null,
/**
 * What can be undone and redone now.
 */
history: HistoryState,
/**
 * How many examples the project has now.
 */
projectTotal: number,
/**
 * How many of them need a look.
 */
toLookAt: number, };

export type ExampleDeleteRequest = {
/**
 * Of which project.
 */
project: number,
/**
 * Which ones.
 */
examples: Array<number>, };

export type ExampleEditRequest = {
/**
 * Of which project.
 */
project: number,
/**
 * Which one.
 */
example: number,
/**
 * All its messages.
 */
messages: Array<MessageDraft>,
/**
 * Whether this belongs to the same burst of typing as the edit before, and so to one step of undo.
 */
sameBurst: boolean, };

export type ExampleRequest = {
/**
 * Of which project.
 */
project: number,
/**
 * Which one.
 */
example: number, };

export type ExampleRow = {
/**
 * Which example.
 */
id: number,
/**
 * The beginning of what is asked.
 */
question: string,
/**
 * The beginning of the answer.
 */
answer: string,
/**
 * What needs a look.
 */
problems: Array<ProblemCode>, };

export type ExampleView = {
/**
 * Names the list for windows of it; an older list of the same project is forgotten.
 */
view: number,
/**
 * How many examples it has.
 */
total: number,
/**
 * How many examples the project has.
 */
projectTotal: number,
/**
 * How many examples of the project need a look.
 */
toLookAt: number,
/**
 * What can be undone and redone.
 */
history: HistoryState, };

export type ExampleViewRequest = {
/**
 * Of which project.
 */
project: number,
/**
 * Only those whose question or answer contains this.
 */
search?: string | null,
/**
 * Only those that need a look.
 */
onlyProblems: boolean, };

export type ExampleWindow = {
/**
 * The first row's place in the list, from 0.
 */
start: number,
/**
 * The rows.
 */
rows: Array<ExampleRow>, };

export type ExampleWindowRequest = {
/**
 * Which list.
 */
view: number,
/**
 * From which row, from 0.
 */
start: number,
/**
 * How many rows, 200 at most.
 */
count: number, };

export type ExportKind = "adapter" | "merged";

export type ExportPhase = "writing" | "proving" | "done" | "stopped" | "failed";

export type ExportState = {
/**
 * Of which training.
 */
run: string,
/**
 * What is written.
 */
kind: ExportKind,
/**
 * How far it is.
 */
phase: ExportPhase,
/**
 * Done so far, 0 to 1.
 */
fraction: number,
/**
 * The folder's name, for the person; never a path that commands take.
 */
folder: string,
/**
 * Bytes written.
 */
bytes: number,
/**
 * Questions asked of the written files.
 */
asked: number,
/**
 * Answers that were the stored ones, letter for letter.
 */
same: number,
/**
 * Answers that differ from the stored ones by rounding alone.
 */
rounded: number,
/**
 * Why it failed.
 */
failure: Failure | null, };

export type Failure = {
/**
 * What the page and the command line branch on.
 */
code: FailureCode,
/**
 * Values for the words of `code` in the catalogue.
 */
params: Record<string, Param>,
/**
 * For the log and the folded "Details"; never the first thing a person reads.
 */
detail: string | null, };

export type FailureCode = "input_invalid" | "library_open_elsewhere" | "library_newer" | "library_damaged" | "library_no_access" | "library_busy" | "disk_full" | "project_missing" | "example_missing" | "file_unreadable" | "file_empty" | "file_unsupported" | "file_too_large" | "file_forgotten" | "import_nothing_usable" | "import_stopped" | "too_few_examples" | "examples_not_usable" | "training_already_runs" | "run_missing" | "run_not_in_state" | "engine_missing" | "engine_stopped" | "engine_busy" | "training_failed" | "training_diverged" | "training_diverged_kept" | "training_disk_full" | "training_disk_failed" | "launch_unknown" | "service_refused" | "service_unreachable" | "service_garbled" | "model_files_missing" | "model_file_broken" | "tokenizer_broken" | "model_unsupported" | "model_without_template" | "model_fetch_failed" | "model_hash_wrong" | "base_changed" | "not_enough_memory" | "not_enough_disk" | "settings_impossible" | "out_of_memory" | "export_not_proven" | "export_already_runs" | "model_missing" | "nothing_kept_aside" | "test_already_runs" | "question_too_long" | "chat_busy" | "port_busy" | "no_display" | "service_not_known" | "service_missing" | "service_exists" | "service_works" | "service_address_unusable" | "service_not_there" | "key_refused" | "service_closed" | "account_locked_out" | "service_no_credit" | "nothing_to_train_there" | "model_ended" | "send_too_large" | "quote_outdated" | "amount_differs" | "ceiling_needed" | "above_ceiling" | "above_job_cap" | "above_day_cap" | "above_month_cap" | "nothing_may_be_spent" | "price_unknown" | "order_too_old" | "order_waits" | "training_unheard" | "launch_doubled" | "stop_not_seen" | "answers_cost_money" | "key_unusable" | "key_is_admin" | "key_missing" | "keyring_missing" | "keyring_locked" | "keyring_silent" | "keyring_failed" | "keyring_full" | "keyring_garbled" | "passphrase_wrong" | "passphrase_unusable" | "internal";

export type HistoryMove = {
/**
 * The step, or nothing when there was none.
 */
step: HistoryStep | null,
/**
 * What can be undone and redone now.
 */
history: HistoryState,
/**
 * How many examples the project has now.
 */
projectTotal: number,
/**
 * How many of them need a look.
 */
toLookAt: number, };

export type HistoryState = {
/**
 * What undo would take back.
 */
undo: HistoryStep | null,
/**
 * What redo would bring back.
 */
redo: HistoryStep | null,
/**
 * Grows with every change of the examples.
 */
version: number, };

export type HistoryStep = {
/**
 * What kind.
 */
kind: StepKind,
/**
 * How many examples it touched.
 */
examples: number,
/**
 * When, milliseconds since 1970.
 */
atMs: number, };

export type ImportColumn = {
/**
 * Its place, from 0.
 */
index: number,
/**
 * Its heading, or a made-up one.
 */
name: string, };

export type ImportDropped = { "outcome": "over" } | { "outcome": "left" } | { "outcome": "reading" } | { "outcome": "ready",
/**
 * What it looks like.
 */
preview: ImportPreview, } | { "outcome": "refused",
/**
 * Why.
 */
failure: Failure, };

export type ImportHandleRequest = {
/**
 * The file.
 */
handle: string, };

export type ImportKind = "table" | "conversations";

export type ImportPicked = {
/**
 * The file, or nothing when the dialog was left without a choice.
 */
preview: ImportPreview | null, };

export type ImportPreview = {
/**
 * Stands for the file until it is brought in or given back.
 */
handle: string,
/**
 * The file's name, without its folder.
 */
displayName: string,
/**
 * The file's size in bytes.
 */
bytes: number,
/**
 * Table or conversations.
 */
kind: ImportKind,
/**
 * The columns of a table; empty for conversations.
 */
columns: Array<ImportColumn>,
/**
 * The first 20 rows: cells of a table, or question and answer of conversations.
 */
rows: Array<Array<string>>,
/**
 * What looks like question and answer.
 */
guess: ColumnChoice | null,
/**
 * A name for the new project, from the file's name.
 */
suggestedName: string,
/**
 * The text encoding that was found.
 */
encoding: string, };

export type ImportProgress = {
/**
 * The file.
 */
handle: string,
/**
 * Examples brought in so far.
 */
examples: number,
/**
 * Bytes read so far.
 */
bytesRead: number,
/**
 * Bytes in all.
 */
bytes: number, };

export type ImportResult = {
/**
 * The project it went into.
 */
project: ProjectSummary,
/**
 * Examples brought in.
 */
imported: number,
/**
 * Of these, without any problem.
 */
good: number,
/**
 * Of these, with something to look at.
 */
needLook: number,
/**
 * Rows left out.
 */
leftOut: number,
/**
 * The first 50 of them.
 */
leftOutRows: Array<LeftOutRow>,
/**
 * Empty lines, which are no examples.
 */
blank: number, };

export type ImportStartRequest = {
/**
 * The file.
 */
handle: string,
/**
 * Into which project; a new one when absent.
 */
project?: number | null,
/**
 * The name of the new project.
 */
name: string,
/**
 * The columns of a table.
 */
columns?: ColumnChoice | null, };

export type KeyCheck = {
/**
 * When, milliseconds since 1970.
 */
checkedAtMs: number,
/**
 * In a word.
 */
verdict: KeyVerdict,
/**
 * Models it may use.
 */
models: number,
/**
 * Those that can learn.
 */
tunable: Array<TunableModel>,
/**
 * Why it could not be tried, or is refused.
 */
failure: Failure | null, };

export type KeyPlace = "keyring" | "passphrase" | "session";

export type KeyVerdict = "works" | "works_unknown_models" | "nothing_to_train" | "no_credit" | "not_now" | "not_tried" | "refused";

export type KeyringState = "usable" | "locked" | "missing";

export type KeysOpenRequest = {
/**
 * Its passphrase.
 */
passphrase: Secret, };

export type LatestRun = {
/**
 * The training.
 */
run: RunDetail | null, };

export type LearningHealth = "too_early" | "learning_well" | "memorising" | "stuck";

export type Ledger = {
/**
 * The first row's place, from 0.
 */
start: number,
/**
 * The rows.
 */
rows: Array<LedgerRow>,
/**
 * How many there are in all.
 */
total: number, };

export type LedgerExported = {
/**
 * The file's name; absent where nobody chose one.
 */
file: string | null, };

export type LedgerRequest = {
/**
 * From which row, from 0; the newest comes first.
 */
start: number,
/**
 * How many rows, 200 at most.
 */
count: number, };

export type LedgerRow = {
/**
 * When it was agreed to, milliseconds since 1970.
 */
atMs: number,
/**
 * What it was.
 */
kind: PaidKind,
/**
 * The training it is or belongs to.
 */
run: string,
/**
 * Its project.
 */
project: number,
/**
 * The project's name.
 */
projectName: string,
/**
 * What a person calls the service.
 */
serviceTitle: string,
/**
 * The model that was trained from or that answered.
 */
model: string,
/**
 * What was expected, where a price was known.
 */
expectedMicroUsd: number | null,
/**
 * The most that was agreed to, where there was one.
 */
ceilingMicroUsd: number | null,
/**
 * What it cost, once that is known.
 */
actualMicroUsd: number | null,
/**
 * Tokens that were billed, once that is known.
 */
billedTokens: number | null, };

export type LeftOutRow = {
/**
 * Its line in the file, from 1.
 */
line: number,
/**
 * Why.
 */
code: ProblemCode,
/**
 * The beginning of its text.
 */
text: string, };

export type Light = {
/**
 * What it is about.
 */
topic: LightTopic,
/**
 * Its state.
 */
state: LightState,
/**
 * The number in its words.
 */
count: number, };

export type LightState = "good" | "care" | "bad";

export type LightTopic = "enough" | "sound" | "different" | "length" | "kept_aside";

export type MessageDraft = {
/**
 * Which message of the stored example this was, from 0; absent for a new one.
 */
source?: number | null,
/**
 * Who says it; ignored where `source` is given and the message is of another kind.
 */
role: MessageRole,
/**
 * The text, 1 MB at most.
 */
content: string, };

export type MessageRole = "instructions" | "question" | "answer" | "other";

export type ModelExportRequest = {
/**
 * The training whose model it is.
 */
run: string,
/**
 * What is written.
 */
kind: ExportKind, };

export type ModelExported = {
/**
 * The export; none when the person picked no folder.
 */
export: ExportState | null, };

export type ModelFit = {
/**
 * Which model.
 */
model: string,
/**
 * Tokens learnt from per second.
 */
tokensPerSecond: number | null,
/**
 * How long the whole training takes.
 */
duration: SecondsRange | null,
/**
 * Memory it needs, in bytes: the promise that is kept with the run.
 */
memoryBytes: number | null,
/**
 * Memory that is free now, in bytes.
 */
freeMemoryBytes: number | null,
/**
 * Why it does not fit.
 */
refusal: Failure | null, };

export type ModelMeasureRequest = {
/**
 * With whose examples.
 */
project: number,
/**
 * Which model.
 */
model: string,
/**
 * The settings the person changed.
 */
settings: TrainSettings, };

export type ModelOrigin = "lab" | "starter" | "own" | "trained";

export type ModelPickKind = "folder" | "file";

export type ModelPickRequest = {
/**
 * Which project's shelf is answered.
 */
project: number,
/**
 * Folder or file.
 */
kind: ModelPickKind, };

export type ModelPicked = {
/**
 * The shelf as it is now.
 */
shelf: ModelShelf,
/**
 * The model that was added; none when the person picked nothing.
 */
added: string | null, };

export type ModelPrice = {
/**
 * The service's name of the model.
 */
model: string,
/**
 * For a million tokens, in millionths of a US dollar.
 */
perMillionMicroUsd: number, };

export type ModelProgress = {
/**
 * Which model.
 */
model: string,
/**
 * Bytes that are here.
 */
doneBytes: number,
/**
 * Bytes in all.
 */
totalBytes: number,
/**
 * Whether the whole file is here and its SHA-256 is being computed.
 */
checking: boolean,
/**
 * Time left; absent until it can be told honestly.
 */
left: SecondsRange | null, };

export type ModelReadiness = { "kind": "ready" } | { "kind": "not_fetched" } | { "kind": "fetching",
/**
 * How far it is.
 */
progress: ModelProgress, } | { "kind": "partly_fetched",
/**
 * Bytes that are here.
 */
done_bytes: number,
/**
 * Why it stopped; absent when the person stopped it.
 */
failure: Failure | null, } | { "kind": "unusable",
/**
 * Why.
 */
failure: Failure, };

export type ModelRequest = {
/**
 * Which project's shelf is answered.
 */
project: number,
/**
 * Which model.
 */
model: string, };

export type ModelShelf = {
/**
 * The models: the starter, the lab, one's own, those of this project's trainings.
 */
models: Array<ShelfModel>,
/**
 * The model that the last training of the project used, else the best that is ready.
 */
suggested: string,
/**
 * Memory that is free now, in bytes.
 */
freeMemoryBytes: number | null,
/**
 * Room on the library's disk, in bytes.
 */
freeDiskBytes: number | null, };

export type ModelShelfRequest = {
/**
 * Of which project; its trained models stand on the shelf too.
 */
project: number, };

export type Nothing = Record<symbol, never>;

export type Notify = "yes" | "no";

export type OrderNotice = {
/**
 * What it is about.
 */
code: OrderNoticeCode,
/**
 * Values for its words.
 */
params: Record<string, Param>, };

export type OrderNoticeCode = "model_ends" | "service_closes" | "account_may_be_locked_out" | "examples_cut" | "price_is_old" | "count_is_about" | "counted_elsewhere" | "counted_by_file" | "billed_before" | "hosting_costs" | "hosting_costs_between" | "stop_is_billed" | "balance_needed" | "spend_of_day" | "spend_of_month";

export type OrderPlaceRequest = {
/**
 * Names the quote; good for one order.
 */
token: string,
/**
 * The amount that stood on the button, in millionths of a US dollar.
 */
ceilingMicroUsd: number,
/**
 * The amount as the person typed it, in millionths of a US dollar, where that was asked for.
 */
typedMicroUsd?: number | null, };

export type OrderQuote = {
/**
 * What a person calls the service.
 */
serviceTitle: string,
/**
 * From which of its models.
 */
model: string,
/**
 * How the examples are dealt.
 */
split: SplitCounts,
/**
 * How often all examples are read.
 */
rounds: number,
/**
 * Whether that is what the service would choose by itself.
 */
roundsAreUsual: boolean,
/**
 * Examples that the service would learn from at once by itself, where its rule is known.
 */
usualBatchSize: number | null,
/**
 * The learning rate multiplier that it would choose by itself, where jobs showed it.
 */
usualLearningRateMultiplier: number | null,
/**
 * Tokens that are billed, over all rounds.
 */
billedTokens: number,
/**
 * The tokenizer file that text is counted by, where the person chose one for the model.
 */
tokenizerFile: string | null,
/**
 * Whether a tokenizer file would make the count better, or already does.
 */
takesTokenizer: boolean,
/**
 * Bytes that leave this computer.
 */
uploadBytes: number,
/**
 * The price, where it is known.
 */
price: QuotedPrice | null,
/**
 * The least it will cost, in millionths of a US dollar, where a price is known and the count is
 * not exact.
 */
leastMicroUsd: number | null,
/**
 * What it will cost, in millionths of a US dollar, where a price is known.
 */
expectedMicroUsd: number | null,
/**
 * The most it may cost, in millionths of a US dollar; absent until somebody types one.
 */
ceilingMicroUsd: number | null,
/**
 * Whether the person has to type the amount once more, because it is much.
 */
mustTypeAmount: boolean,
/**
 * What should be known before.
 */
notices: Array<OrderNotice>,
/**
 * Ways to spend less, what saves most first; empty where no price is known.
 */
savings: Array<Saving>,
/**
 * Why it cannot be ordered.
 */
refusal: Failure | null,
/**
 * Names the quote for the order; absent while it cannot be ordered.
 */
token: string | null,
/**
 * Until when the quote holds, milliseconds since 1970.
 */
expiresAtMs: number | null, };

export type OrderQuoteRequest = {
/**
 * Of which project.
 */
project: number,
/**
 * At which service.
 */
service: string,
/**
 * From which of its models.
 */
model: string,
/**
 * The settings the person changed.
 */
settings: OrderSettings,
/**
 * The most that may be spent, in millionths of a US dollar: only where no price is known.
 */
typedCeilingMicroUsd?: number | null, };

export type OrderSettings = {
/**
 * How often all examples are read, 1 to 50.
 */
rounds?: number | null,
/**
 * Examples learnt from at once, 1 to 256.
 */
batchSize?: number | null,
/**
 * Times the usual learning rate, above 0.
 */
learningRateMultiplier?: number | null,
/**
 * Starting point of all chance.
 */
seed?: number | null,
/**
 * Becomes part of the model's name.
 */
suffix?: string | null,
/**
 * Settings that only this service has, by its own names, as JSON values or plain text.
 */
extra?: { [key in string]: string } | null, };

export type Outlook = {
/**
 * Tokens that a question of this project's examples has, standing instructions included.
 */
inputTokens: number,
/**
 * Tokens that an answer has.
 */
outputTokens: number,
/**
 * Tokens of the standing instructions, where the examples share some.
 */
instructionTokens: number | null,
/**
 * The cheapest for a year first.
 */
rows: Array<OutlookRow>,
/**
 * Models of connected services whose price is not known.
 */
unpriced: Array<string>,
/**
 * Tokens that a model without training would have to be told, as a guess: the standing
 * instructions and three examples.
 */
toldTokens: number,
/**
 * Where models can be had.
 */
places: Array<OutlookPlace>,
/**
 * Models that can be asked without any training, by service and name.
 */
untunedModels: Array<UntunedModel>,
/**
 * The one of them that the rows are held against.
 */
untuned: UntunedUse | null,
/**
 * This computer.
 */
here: OutlookHere,
/**
 * Why nothing can be worked out.
 */
refusal: Failure | null, };

export type OutlookHere = {
/**
 * Seconds of one training, where one was measured.
 */
trainingSeconds: number | null,
/**
 * Its power, where one was measured and the person said what power costs.
 */
power: PowerShown | null, };

export type OutlookPlace = {
/**
 * The service's name.
 */
service: string,
/**
 * What a person calls it.
 */
title: string, };

export type OutlookRequest = {
/**
 * Of which project: its examples say how long questions and answers are.
 */
project: number,
/**
 * How many questions a day, 1 to 10,000,000.
 */
callsADay: number,
/**
 * Hundredths of what is read that were just read before, 0 to 100.
 */
cachedPercent: number,
/**
 * Whether answers may take a day.
 */
isBatch: boolean,
/**
 * What power costs here, where the person said.
 */
power?: PowerWish | null,
/**
 * What would be asked without a training; absent leaves the choice to Attune.
 */
untuned?: UntunedWish | null, };

export type OutlookRow = {
/**
 * The service's name.
 */
service: string,
/**
 * What a person calls it.
 */
serviceTitle: string,
/**
 * The model to train from.
 */
model: string,
/**
 * Training it once.
 */
training: AmountRange,
/**
 * A thousand questions.
 */
thousandCalls: AmountRange,
/**
 * Training and using it for a year, or until it ends.
 */
year: AmountRange,
/**
 * Days of the year on which it answers.
 */
days: number,
/**
 * Its last day, `YYYY-MM-DD`, where that is known.
 */
endsOn: string | null,
/**
 * When the training has paid for itself, where there is a model to hold it against.
 */
paysOff: PaysOff | null, };

export type PaidKind = "training" | "test" | "answer";

export type Param = { "kind": "text", "value": string } | { "kind": "count", "value": number } | { "kind": "micro_usd", "value": number } | { "kind": "bytes", "value": number } | { "kind": "date", "value": string };

export type PaysOff = { "kind": "at_once" } | { "kind": "after",
/**
 * So many questions.
 */
calls: number,
/**
 * So many days.
 */
days: number, } | { "kind": "after_its_end",
/**
 * It would take so many days.
 */
days: number, } | { "kind": "never" } | { "kind": "unknown" };

export type PowerShown = {
/**
 * Watt-hours.
 */
wattHours: number,
/**
 * Millionths of a unit of the currency that the tariff was given in.
 */
costMicros: number, };

export type PowerWish = {
/**
 * Watts, 1 to 100,000.
 */
watts: number,
/**
 * For a kilowatt-hour, in the currency of the person, as typed (`0.30`).
 */
tariff: string, };

export type PriceBy = "million_tokens" | "hour";

export type PriceCorrectRequest = {
/**
 * At which service.
 */
service: string,
/**
 * Of which model.
 */
model: string,
/**
 * What it is for.
 */
priceFor: PriceFor,
/**
 * What it is counted by.
 */
by: PriceBy,
/**
 * How much, in US dollars as the person typed it (`0.80`); absent takes the correction back.
 */
amount?: string | null, };

export type PriceFor = "training" | "input" | "cached_input" | "output" | "batch_input" | "batch_cached_input" | "batch_output" | "hosting" | "untuned_input" | "untuned_cached_input" | "untuned_output";

export type PriceList = {
/**
 * Where the prices that came with Attune stand.
 */
source: string,
/**
 * The day on which they were looked up, `YYYY-MM-DD`.
 */
checkedOn: string,
/**
 * The models.
 */
models: Array<PricedModelShown>, };

export type PriceShown = {
/**
 * What it is for.
 */
priceFor: PriceFor,
/**
 * What it is counted by.
 */
by: PriceBy,
/**
 * How much.
 */
microUsd: number,
/**
 * The day on which it was looked up or typed, `YYYY-MM-DD`.
 */
checkedOn: string,
/**
 * Whether that is more than 30 days ago.
 */
isOld: boolean,
/**
 * What the book that came with Attune says, where the person corrected it and it says something.
 */
bookMicroUsd: number | null,
/**
 * Whether the person typed it.
 */
isCorrected: boolean,
/**
 * What the person typed before, the latest first, ten at most.
 */
earlier: Array<EarlierPrice>, };

export type PricedModelShown = {
/**
 * The service's name.
 */
service: string,
/**
 * What a person calls it.
 */
serviceTitle: string,
/**
 * The model's name.
 */
model: string,
/**
 * The last day on which models made of it answer, `YYYY-MM-DD`, where that is known.
 */
endsOn: string | null,
/**
 * Its prices.
 */
prices: Array<PriceShown>, };

export type ProblemCode = "not_json" | "not_an_object" | "missing_messages" | "message_missing_key" | "row_too_long" | "cell_too_long" | "too_many_columns" | "unclosed_quote" | "bad_encoding" | "lone_surrogate" | "non_finite_number" | "nested_too_deep" | "duplicate_key" | "number_rounded" | "extra_cells" | "message_unrecognized_key" | "unrecognized_role" | "missing_content" | "no_answer" | "empty_question" | "empty_answer" | "too_long" | "special_token" | "duplicate" | "too_few_examples";

export type ProblemGroup = {
/**
 * What it is.
 */
code: ProblemCode,
/**
 * How bad.
 */
severity: Severity,
/**
 * How many examples have it.
 */
count: number,
/**
 * The first 20 of them.
 */
places: Array<ProblemPlace>, };

export type ProblemPlace = {
/**
 * Which example.
 */
example: number,
/**
 * Its line in the file it came from.
 */
line: number | null,
/**
 * The beginning of its question.
 */
question: string,
/**
 * The beginning of its answer.
 */
answer: string, };

export type ProjectCosts = {
/**
 * Whether the person's own time is counted now.
 */
isCounted: boolean,
/**
 * What an hour of theirs is worth, where they said.
 */
hourlyMicroUsd: number | null,
/**
 * Seconds that were counted so far.
 */
workedSeconds: number,
/**
 * What those are worth, where an hour has a price.
 */
workMicroUsd: number | null,
/**
 * How many trainings were paid for.
 */
trainings: number,
/**
 * What they cost.
 */
trainingMicroUsd: number,
/**
 * How many tests and answers were paid for.
 */
uses: number,
/**
 * What they cost.
 */
useMicroUsd: number,
/**
 * How many of those trainings, tests and answers nobody knows the cost of yet.
 */
openActions: number,
/**
 * The sum of all that has an amount.
 */
totalMicroUsd: number, };

export type ProjectCreateRequest = {
/**
 * Its name, 1 to 120 characters.
 */
name: string, };

export type ProjectList = {
/**
 * The projects.
 */
projects: Array<ProjectSummary>, };

export type ProjectOverview = {
/**
 * The project.
 */
summary: ProjectSummary,
/**
 * How many examples need a look.
 */
toLookAt: number,
/**
 * The state of the latest training, if there is one.
 */
latestRun: RunState | null,
/**
 * Whether any training succeeded, so that there is something to test.
 */
hasModel: boolean,
/**
 * Whether a test was finished.
 */
hasTest: boolean, };

export type ProjectRenameRequest = {
/**
 * Which one.
 */
project: number,
/**
 * Its new name, 1 to 120 characters.
 */
name: string, };

export type ProjectRequest = {
/**
 * Which one.
 */
project: number, };

export type ProjectSummary = {
/**
 * Which one.
 */
id: number,
/**
 * Its name.
 */
name: string,
/**
 * The file it was started from.
 */
sourceName: string | null,
/**
 * Whether it is the sample that came with the program.
 */
sample: boolean,
/**
 * How many examples it has now.
 */
examples: number,
/**
 * When anything in it changed last, milliseconds since 1970.
 */
changedAtMs: number, };

export type QuotedPrice = {
/**
 * For a million tokens, in millionths of a US dollar.
 */
perMillionMicroUsd: number,
/**
 * The day on which it was looked up, `YYYY-MM-DD`.
 */
checkedOn: string,
/**
 * Where it stands.
 */
source: string, };

export type ResolvedSetting = {
/**
 * The setting's name, a key of the catalogue's `setting.*`.
 */
name: string,
/**
 * Its value.
 */
value: number, };

export type RunCost = {
/**
 * What it was expected to cost, in millionths of a US dollar, where a price was known.
 */
expectedMicroUsd: number | null,
/**
 * The most that was agreed to, in millionths of a US dollar.
 */
ceilingMicroUsd: number,
/**
 * Tokens that the service billed, once it told.
 */
billedTokens: number | null,
/**
 * What those cost at the price of the order, in millionths of a US dollar.
 */
actualMicroUsd: number | null,
/**
 * What it would come to if it was stopped now, while it runs and is billed.
 */
ifStopped: StoppedCost | null, };

export type RunDetail = {
/**
 * The training, short.
 */
summary: RunSummary,
/**
 * How far it is, once the engine spoke.
 */
progress: RunProgress | null,
/**
 * The curve, thinned to 600 points at most; every point with a validation loss is kept.
 */
curve: Array<CurvePoint>,
/**
 * What the curve says.
 */
health: LearningHealth,
/**
 * The settings as the engine resolved them.
 */
settings: Array<ResolvedSetting>,
/**
 * Memory it was promised to need, in bytes.
 */
promisedMemoryBytes: number | null,
/**
 * The most memory it really took so far, in bytes.
 */
peakMemoryBytes: number | null,
/**
 * Whether it stopped before its last round because unseen examples no longer got better.
 */
stoppedEarly: boolean,
/**
 * The step whose numbers answer, once it is done.
 */
bestStep: number | null,
/**
 * What it costs, where it costs something.
 */
cost: RunCost | null,
/**
 * How far the examples are on their way, while they are.
 */
upload: RunUpload | null,
/**
 * Whether it can be paused where it trains.
 */
canPause: boolean,
/**
 * Whether it is being looked for: nobody could tell whether it was ordered, and somebody looks again.
 */
isLookedFor: boolean,
/**
 * The trainings it grew out of, the first one first; ends with this one.
 */
family: Array<RunSummary>, };

export type RunList = {
/**
 * The trainings.
 */
runs: Array<RunSummary>, };

export type RunPhase = "checking" | "preparing" | "learning" | "last_checks" | "ready";

export type RunProgress = {
/**
 * Where it is.
 */
phase: RunPhase,
/**
 * Steps done.
 */
step: number,
/**
 * Steps in all.
 */
totalSteps: number,
/**
 * The round it is in, from 1.
 */
round: number,
/**
 * Rounds in all.
 */
rounds: number,
/**
 * Time left; absent until it can be told honestly.
 */
left: SecondsRange | null,
/**
 * Tokens learnt from per second.
 */
tokensPerSecond: number | null,
/**
 * The step of the last saved moment, once there is one.
 */
savedStep?: number,
/**
 * When the engine was heard last, milliseconds since 1970.
 */
lastNewsMs: number, };

export type RunRequest = {
/**
 * Which one.
 */
run: string, };

export type RunState = "intent" | "sending" | "ambiguous" | "validating" | "queued" | "running" | "pausing" | "paused" | "resuming" | "cancelling" | "succeeded" | "failed" | "cancelled" | "not_started" | "unknown";

export type RunSummary = {
/**
 * Which one.
 */
run: string,
/**
 * Of which project.
 */
project: number,
/**
 * The how-manieth of its project, from 1.
 */
number: number,
/**
 * Its state.
 */
state: RunState,
/**
 * When it was ordered, milliseconds since 1970.
 */
createdAtMs: number,
/**
 * When it ended, milliseconds since 1970.
 */
finishedAtMs: number | null,
/**
 * When something was heard of it last, milliseconds since 1970; later with every change, so of two
 * accounts of it the later one is known.
 */
changedAtMs: number,
/**
 * The model it started from.
 */
base: string,
/**
 * What a person calls that model.
 */
baseTitle: string,
/**
 * The training whose model it started from, where it was one.
 */
parent: string | null,
/**
 * Where it trains: `this-computer`, or the name of a service.
 */
service: string,
/**
 * What a person calls that service; absent for this computer.
 */
serviceTitle: string | null,
/**
 * The name of its model.
 */
model: string | null,
/**
 * How the examples were dealt.
 */
split: SplitCounts,
/**
 * What went wrong: why it rests, why it ended without a model, or with less than planned.
 */
failure: Failure | null, };

export type RunUpload = {
/**
 * Bytes that are there.
 */
sentBytes: number,
/**
 * Bytes in all.
 */
totalBytes: number, };

export type Saving = {
/**
 * How.
 */
way: SavingWay,
/**
 * Less for the training.
 */
trainingMicroUsd: number,
/**
 * Less for a thousand questions, where it changes what they cost.
 */
thousandCallsMicroUsd: number | null,
/**
 * What it risks.
 */
risk: SavingRisk, };

export type SavingRisk = "less_variety" | "learns_less" | "forgets_instructions" | "weaker_model" | "answers_later" | "any_country" | "interrupted";

export type SavingWay = { "kind": "fewer_examples",
/**
 * So many.
 */
keep: number, } | { "kind": "fewer_rounds",
/**
 * So often.
 */
to: number, } | { "kind": "shorter_instructions",
/**
 * By so many tokens.
 */
fewer_tokens: number, } | { "kind": "smaller_model",
/**
 * This one.
 */
model: string, } | { "kind": "batch" } | { "kind": "cheaper_tier" };

export type SecondsRange = {
/**
 * At least, in seconds.
 */
low: number,
/**
 * At most, in seconds.
 */
high: number, };

export type Secret = string;

export type ServiceAddRequest = {
/**
 * What kind it is. Of the known kinds there is one each.
 */
kind: ServiceKind,
/**
 * What a person calls it; needed for an address of one's own.
 */
title?: string | null,
/**
 * Its address; needed for one of one's own, not allowed else.
 */
address?: string | null,
/**
 * Which header carries its key.
 */
keyHeader?: ServiceKeyHeader | null, };

export type ServiceCapabilities = {
/**
 * Whether a file can be sent in parts.
 */
uploadsInParts: boolean,
/**
 * Whether a training can pause and go on.
 */
pause: boolean,
/**
 * Whether trainings can be looked up by a label.
 */
metadataFilter: boolean,
/**
 * Whether it removes files by itself after a time.
 */
expiresAfter: boolean,
/**
 * Whether it deletes models.
 */
deleteModel: boolean,
/**
 * Whether it answers with likelihoods.
 */
logprobs: boolean, };

export type ServiceChangeRequest = {
/**
 * Which one.
 */
service: string,
/**
 * What a person calls it; only of an address of one's own.
 */
title?: string | null,
/**
 * Which header carries its key; only for an address of one's own.
 */
keyHeader?: ServiceKeyHeader | null,
/**
 * The organisation to name to it, empty for none; only for OpenAI and an address of one's own.
 */
organization?: string | null,
/**
 * The project to name to it, in the same way.
 */
project?: string | null,
/**
 * What it can do; only of an address of one's own.
 */
capabilities?: ServiceCapabilities | null, };

export type ServiceKeyHeader = "bearer" | "api_key";

export type ServiceKeySaveRequest = {
/**
 * Whose key it is.
 */
service: string,
/**
 * The key.
 */
key: Secret,
/**
 * Where to keep it.
 */
place: KeyPlace,
/**
 * The passphrase, where it is kept behind one.
 */
passphrase?: Secret | null, };

export type ServiceKind = "openai" | "nebius" | "crusoe" | "compatible";

export type ServiceList = {
/**
 * The services, in the order in which they were added.
 */
services: Array<ServiceSummary>,
/**
 * Whether keys can be put into the keyring.
 */
keyring: KeyringState,
/**
 * Whether there is a file of keys that has to be opened with its passphrase.
 */
isSealed: boolean, };

export type ServiceOptions = {
/**
 * Which header carries its key.
 */
keyHeader: ServiceKeyHeader,
/**
 * The organisation that is named to it, for a key that belongs to several.
 */
organization: string | null,
/**
 * The project that is named to it.
 */
project: string | null,
/**
 * What it can do.
 */
capabilities: ServiceCapabilities, };

export type ServiceRequest = {
/**
 * Which one.
 */
service: string, };

export type ServiceSummary = {
/**
 * What commands call it.
 */
service: string,
/**
 * What kind it is.
 */
kind: ServiceKind,
/**
 * What a person calls it.
 */
title: string,
/**
 * Its address.
 */
address: string,
/**
 * How it is spoken to.
 */
options: ServiceOptions,
/**
 * The last day on which it takes orders from anybody, `YYYY-MM-DD`, where that is known.
 */
closesOn: string | null,
/**
 * Its key, once there is one.
 */
key: ShownKey | null,
/**
 * What the key was found to be worth.
 */
check: KeyCheck | null,
/**
 * What training the models costs that the key may train, where a price is known.
 */
prices: Array<ModelPrice>, };

export type Settings = {
/**
 * Light, dark or as the system says.
 */
theme: Theme,
/**
 * Where the person was last, in the page's own words for its places.
 */
lastPlace: string | null,
/**
 * Cores that training may use; absent leaves one free.
 */
trainingCores: number | null,
/**
 * Whether the computer stays awake while it trains.
 */
keepAwake: boolean,
/**
 * Whether the desktop tells when a training has ended.
 */
notify: Notify, };

export type SettingsChangeRequest = {
/**
 * The look.
 */
theme?: Theme,
/**
 * Where the person is now.
 */
lastPlace?: string,
/**
 * Cores that training may use; 0 goes back to leaving one free.
 */
trainingCores?: number,
/**
 * Whether the computer stays awake while it trains.
 */
keepAwake?: boolean,
/**
 * Whether the desktop tells when a training has ended.
 */
notify?: Notify, };

export type Severity = "error" | "warning" | "notice";

export type ShelfModel = {
/**
 * What commands call it.
 */
model: string,
/**
 * What a person calls it.
 */
title: string,
/**
 * Where it comes from.
 */
origin: ModelOrigin,
/**
 * Whether it can be used.
 */
readiness: ModelReadiness,
/**
 * Its numbers; absent for the lab, where the examples decide.
 */
parameters: number | null,
/**
 * Bytes of its files.
 */
bytes: number | null,
/**
 * Its licence, as its files or its makers name it.
 */
licence: string | null,
/**
 * The SHA-256 that its file must have, in hex, where it is known beforehand.
 */
sha256: string | null,
/**
 * Tokens it can look at in one go.
 */
context: number | null,
/**
 * The training it came from, if it was trained here.
 */
run: string | null, };

export type ShownKey = {
/**
 * Where it is kept.
 */
place: KeyPlace,
/**
 * Its last four characters; nothing of a very short one.
 */
lastFour: string,
/**
 * Whether it is at hand: one that was kept for a session is gone with it, and a file of keys has
 * to be opened once.
 */
isAtHand: boolean, };

export type SpendCap = "job" | "day" | "month";

export type SpendCaps = {
/**
 * On one training, test or answer.
 */
perJobMicroUsd: number,
/**
 * On one day, which begins at midnight UTC.
 */
perDayMicroUsd: number,
/**
 * In one month, which begins at midnight UTC.
 */
perMonthMicroUsd: number, };

export type SpendNotice = {
/**
 * Which cap.
 */
cap: SpendCap,
/**
 * 50 or 80 percent of it are reached.
 */
percent: number,
/**
 * What counts against it.
 */
spentMicroUsd: number,
/**
 * The cap itself.
 */
limitMicroUsd: number, };

export type SpendState = {
/**
 * The caps in force.
 */
caps: SpendCaps,
/**
 * Spent today; what is not known yet counts as the most that was agreed to.
 */
todayMicroUsd: number,
/**
 * Spent this month, likewise.
 */
thisMonthMicroUsd: number,
/**
 * Caps of which much is used.
 */
notices: Array<SpendNotice>, };

export type SplitCounts = {
/**
 * Learnt from.
 */
train: number,
/**
 * Watched while it learns.
 */
validate: number,
/**
 * Kept aside for the honest test.
 */
test: number, };

export type StepKind = "import" | "edit" | "add" | "delete";

export type StoppedCost = {
/**
 * Whether the service says that it bills what was done; else it may be nothing or all.
 */
billsDone: boolean,
/**
 * At least, in millionths of a US dollar.
 */
leastMicroUsd: number,
/**
 * At most, in millionths of a US dollar.
 */
mostMicroUsd: number, };

export type StoredDeleteRequest = {
/**
 * At which service.
 */
service: string,
/**
 * What kind of thing.
 */
kind: StoredKind,
/**
 * The service's name of it.
 */
id: string, };

export type StoredKind = "file" | "model";

export type StoredThing = {
/**
 * The service's name of it.
 */
id: string,
/**
 * Whether it is a file or a model.
 */
kind: StoredKind,
/**
 * Its file name, or the model's own name.
 */
name: string,
/**
 * Its size, for a file.
 */
bytes: number | null,
/**
 * When it came there, milliseconds since 1970.
 */
createdAtMs: number | null,
/**
 * When the service removes it by itself, milliseconds since 1970.
 */
expiresAtMs: number | null,
/**
 * Whether Attune brought or made it.
 */
isOurs: boolean, };

export type StoredThings = {
/**
 * The files and models, the newest first.
 */
things: Array<StoredThing>,
/**
 * Whether there are more than are shown.
 */
hasMore: boolean, };

export type TestAmounts = {
/**
 * With answers as long as the right ones, in millionths of a US dollar.
 */
expectedMicroUsd: number,
/**
 * With answers as long as a test allows, in millionths of a US dollar.
 */
mostMicroUsd: number, };

export type TestBaseline = {
/**
 * The most frequent answer of the examples it learnt from.
 */
answer: string,
/**
 * On how many test examples it is right.
 */
right: number, };

export type TestPhase = "running" | "finished" | "stopped" | "failed";

export type TestPrice = {
/**
 * What a person calls the service.
 */
serviceTitle: string,
/**
 * How much; absent where no price is known.
 */
amounts: TestAmounts | null, };

export type TestReport = {
/**
 * Which test.
 */
test: number,
/**
 * Of which training.
 */
run: string,
/**
 * Its state.
 */
phase: TestPhase,
/**
 * Questions asked so far.
 */
done: number,
/**
 * Questions in all.
 */
total: number,
/**
 * Right answers so far.
 */
right: number,
/**
 * Mean F1 over the groups, where answers are groups and the test is finished.
 */
macroF1: number | null,
/**
 * Right answers of the model before it was trained, so far; absent for the lab, which was
 * nothing before.
 */
beforeRight: number | null,
/**
 * The baseline, when the test is finished.
 */
baseline: TestBaseline | null,
/**
 * The verdict, when the test is finished: against the model before its training, or against
 * the baseline for the lab.
 */
verdict: TestVerdict | null,
/**
 * Why it failed.
 */
failure: Failure | null,
/**
 * What it cost so far, in millionths of a US dollar; absent where it is free or the service did
 * not tell.
 */
costMicroUsd: number | null, };

export type TestRow = {
/**
 * The question's place in the test, from 1.
 */
number: number,
/**
 * The question.
 */
question: string,
/**
 * The right answer.
 */
expected: string,
/**
 * The model's answer.
 */
answer: string,
/**
 * Why there is no answer, where the model could not give one; such a row is wrong.
 */
unanswered: FailureCode | null,
/**
 * Whether they are the same.
 */
right: boolean,
/**
 * What the model said before it was trained.
 */
before: string | null,
/**
 * Whether that was right.
 */
beforeRight: boolean | null, };

export type TestRows = {
/**
 * The first row's place, from 0.
 */
start: number,
/**
 * The rows.
 */
rows: Array<TestRow>,
/**
 * How many there are in all.
 */
total: number, };

export type TestRowsRequest = {
/**
 * Which test.
 */
test: number,
/**
 * From which row, from 0.
 */
start: number,
/**
 * How many rows, 200 at most.
 */
count: number,
/**
 * Only the wrong ones.
 */
onlyWrong: boolean, };

export type TestStartRequest = {
/**
 * Of which project.
 */
project: number,
/**
 * Of which training.
 */
run: string,
/**
 * The amount that stood on the button, in millionths of a US dollar; absent where a test is free
 * or has no known price.
 */
mostMicroUsd?: number | null, };

export type TestState = {
/**
 * The latest training with a model.
 */
model: RunSummary | null,
/**
 * How many examples are kept aside for it.
 */
keptAside: number,
/**
 * The latest test of that training.
 */
report: TestReport | null,
/**
 * What a test costs; absent where it is free.
 */
price: TestPrice | null, };

export type TestVerdict = {
/**
 * Right where the baseline is wrong.
 */
better: number,
/**
 * Both right or both wrong.
 */
same: number,
/**
 * Wrong where the baseline is right.
 */
worse: number,
/**
 * Lower end of the 95 % interval of the difference, in points of 100.
 */
intervalLow: number,
/**
 * Upper end, in points of 100.
 */
intervalHigh: number,
/**
 * Whether chance is ruled out at 5 %.
 */
proven: boolean, };

export type Theme = "system" | "light" | "dark";

export type TokenTotals = {
/**
 * The encoding they were counted in.
 */
encoding: string,
/**
 * Of everything.
 */
total: number,
/**
 * Of the answers.
 */
answers: number,
/**
 * Of the longest example.
 */
longest: number, };

export type TokenizerChosen = {
/**
 * The file's name; absent where nobody chose one.
 */
file: string | null, };

export type TokenizerRequest = {
/**
 * The service.
 */
service: string,
/**
 * The model.
 */
model: string, };

export type TrainPlan = {
/**
 * From which model.
 */
model: string,
/**
 * How the examples are dealt.
 */
split: SplitCounts,
/**
 * Every setting as it would be used, by name; empty while the engine cannot tell.
 */
resolved: Array<ResolvedSetting>,
/**
 * Numbers that would be learnt.
 */
learntParameters: number | null,
/**
 * Numbers of the whole model.
 */
parameters: number | null,
/**
 * Memory it needs, in bytes, computed; the measurement says more.
 */
memoryBytes: number | null,
/**
 * Examples that are longer than the model can look at in one go and will be shortened.
 */
shortened: number,
/**
 * Why it cannot start now.
 */
refusal: Failure | null,
/**
 * How long it will take, where earlier trainings on this computer tell.
 */
duration: SecondsRange | null,
/**
 * What it costs, in millionths of a US dollar; this computer is free.
 */
ceilingMicroUsd: number, };

export type TrainPlanRequest = {
/**
 * Of which project.
 */
project: number,
/**
 * From which model; the shelf's suggestion when absent.
 */
model?: string | null,
/**
 * The settings the person changed.
 */
settings: TrainSettings, };

export type TrainSettings = {
/**
 * From 0 (memorise) to 4 (generalise); sets dropout, decay, rank and rounds together. Only for
 * models that somebody else trained.
 */
dial?: number | null,
/**
 * How often all examples are read, 1 to 50.
 */
rounds?: number | null,
/**
 * Examples learnt from at once, 1 to 256.
 */
batchSize?: number | null,
/**
 * Times the usual learning rate, 0.001 to 100.
 */
learningRateMultiplier?: number | null,
/**
 * Share of connections switched off while learning, 0 to 0.8.
 */
dropout?: number | null,
/**
 * Pull of all learnt numbers towards 0 (weight decay), 0 to 1.
 */
weightDecay?: number | null,
/**
 * Checks without progress after which it stops by itself, 1 to 100; 0 never stops early.
 */
patience?: number | null,
/**
 * Starting point of all chance.
 */
seed?: number | null,
/**
 * Rank of the add-on (LoRA), 1 to 256.
 */
rank?: number | null,
/**
 * Strength of the add-on (LoRA alpha), above 0 to 1,024.
 */
alpha?: number | null,
/**
 * How many layers get the add-on, counted from the last; all of them when absent.
 */
adaptedLayers?: number | null,
/**
 * Which parts of a layer get the add-on: `attention`, `feed_forward` or `all`.
 */
adaptedParts?: string | null,
/**
 * Lab: layers, 1 to 24.
 */
layers?: number | null,
/**
 * Lab: width, 32 to 1,024, a multiple of 16.
 */
width?: number | null,
/**
 * Lab: heads, 1 to 32.
 */
heads?: number | null,
/**
 * Lab: key and value heads, a divisor of the heads; fewer than heads is grouped attention.
 */
keyValueHeads?: number | null,
/**
 * Lab: width of the feed-forward part, 8 to 8,192.
 */
hidden?: number | null,
/**
 * Tokens it can look at in one go, and so the longest example: 16 to 4,096 in the lab, else to
 * what the model itself can look at.
 */
context?: number | null,
/**
 * Lab: tokens back that an answer can see (sliding window); 0 sees everything.
 */
window?: number | null,
/**
 * Lab: pieces of the vocabulary at most, 300 to 32,768.
 */
vocabulary?: number | null, };

export type TrainStartRequest = {
/**
 * Of which project.
 */
project: number,
/**
 * From which model.
 */
model: string,
/**
 * The settings the person changed.
 */
settings: TrainSettings,
/**
 * What was measured before, if it was: becomes the promise that is kept with the run.
 */
promisedMemoryBytes?: number | null, };

export type TunableModel = {
/**
 * The service's name of it.
 */
model: string,
/**
 * The last day on which it answers, `YYYY-MM-DD`, where the service tells.
 */
endsOn: string | null, };

export type UntunedModel = {
/**
 * The service's name.
 */
service: string,
/**
 * What a person calls it.
 */
serviceTitle: string,
/**
 * The model's name.
 */
model: string, };

export type UntunedPricesRequest = {
/**
 * At which service.
 */
service: string,
/**
 * Which model.
 */
model: string,
/**
 * For a million tokens that it reads, in US dollars as the person typed it (`0.80`).
 */
input: string,
/**
 * For a million tokens that it has just read before, which may be the same.
 */
cachedInput: string,
/**
 * For a million tokens that it writes.
 */
output: string, };

export type UntunedUse = {
/**
 * Which model.
 */
of: UntunedModel,
/**
 * Tokens of what it is told with every question.
 */
toldTokens: number,
/**
 * A thousand questions, at least.
 */
thousandCallsMicroUsd: number,
/**
 * A year of questions, at least.
 */
yearMicroUsd: number, };

export type UntunedWish = {
/**
 * At which service; absent with the model leaves the choice to Attune.
 */
service?: string | null,
/**
 * Its name.
 */
model?: string | null,
/**
 * Tokens of what it has to be told with every question, 0 to 1,000,000; absent counts as
 * [`Outlook::told_tokens`].
 */
toldTokens?: number | null, };

export type WorkAddRequest = {
/**
 * Of which project.
 */
project: number,
/**
 * How many seconds, 1 to 600.
 */
seconds: number, };

export type WorkCounting = {
/**
 * Whether it is counted now.
 */
isCounted: boolean, };

export type WorkSetRequest = {
/**
 * The project whose costs are answered.
 */
project: number,
/**
 * Whether it is counted from now on; what was counted before stays.
 */
isCounted: boolean,
/**
 * What an hour is worth, in US dollars as the person typed it (`30.00`): more than nothing and
 * 10,000 at most; absent where it has no price.
 */
hourly?: string | null, };
