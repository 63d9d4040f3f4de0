// Written by `cargo xtask codegen` from the contract; never edited.

import type {
  AppState,
  ChatAnswer,
  ChatEnded,
  ChatPiece,
  ChatSendRequest,
  ChatState,
  CheckLeaveOutRequest,
  CheckReport,
  Closing,
  ExampleAddRequest,
  ExampleCard,
  ExampleChange,
  ExampleDeleteRequest,
  ExampleEditRequest,
  ExampleRequest,
  ExampleView,
  ExampleViewRequest,
  ExampleWindow,
  ExampleWindowRequest,
  ExportState,
  HistoryMove,
  ImportDropped,
  ImportHandleRequest,
  ImportPicked,
  ImportProgress,
  ImportResult,
  ImportStartRequest,
  KeysOpenRequest,
  LatestRun,
  Ledger,
  LedgerExported,
  LedgerRequest,
  ModelExportRequest,
  ModelExported,
  ModelFit,
  ModelMeasureRequest,
  ModelPickRequest,
  ModelPicked,
  ModelProgress,
  ModelRequest,
  ModelShelf,
  ModelShelfRequest,
  Nothing,
  OrderPlaceRequest,
  OrderQuote,
  OrderQuoteRequest,
  Outlook,
  OutlookRequest,
  PriceCorrectRequest,
  PriceList,
  ProjectCosts,
  ProjectCreateRequest,
  ProjectList,
  ProjectOverview,
  ProjectRenameRequest,
  ProjectRequest,
  ProjectSummary,
  RunDetail,
  RunList,
  RunRequest,
  ServiceAddRequest,
  ServiceChangeRequest,
  ServiceKeySaveRequest,
  ServiceList,
  ServiceRequest,
  Settings,
  SettingsChangeRequest,
  SpendCaps,
  SpendState,
  StoredDeleteRequest,
  StoredThings,
  TestReport,
  TestRows,
  TestRowsRequest,
  TestStartRequest,
  TestState,
  TokenizerChosen,
  TokenizerRequest,
  TrainPlan,
  TrainPlanRequest,
  TrainStartRequest,
  UntunedPricesRequest,
  WorkAddRequest,
  WorkCounting,
  WorkSetRequest,
} from "./types";

/** Every command: what it is asked with and what it answers. */
export interface Commands {
  app_read: { request: Nothing; response: AppState };
  app_retry: { request: Nothing; response: AppState };
  app_quit: { request: Nothing; response: Nothing };
  settings_change: { request: SettingsChangeRequest; response: Settings };
  service_list: { request: Nothing; response: ServiceList };
  service_add: { request: ServiceAddRequest; response: ServiceList };
  service_change: { request: ServiceChangeRequest; response: ServiceList };
  service_remove: { request: ServiceRequest; response: ServiceList };
  service_check: { request: ServiceRequest; response: ServiceList };
  service_key_save: { request: ServiceKeySaveRequest; response: ServiceList };
  service_key_remove: { request: ServiceRequest; response: ServiceList };
  keys_open: { request: KeysOpenRequest; response: ServiceList };
  stored_list: { request: ServiceRequest; response: StoredThings };
  stored_delete: { request: StoredDeleteRequest; response: StoredThings };
  spend_read: { request: Nothing; response: SpendState };
  spend_caps_change: { request: SpendCaps; response: SpendState };
  ledger_read: { request: LedgerRequest; response: Ledger };
  ledger_export: { request: Nothing; response: LedgerExported };
  price_list: { request: Nothing; response: PriceList };
  price_correct: { request: PriceCorrectRequest; response: PriceList };
  untuned_prices_set: { request: UntunedPricesRequest; response: PriceList };
  outlook_read: { request: OutlookRequest; response: Outlook };
  costs_read: { request: ProjectRequest; response: ProjectCosts };
  work_set: { request: WorkSetRequest; response: ProjectCosts };
  work_add: { request: WorkAddRequest; response: Nothing };
  work_forget: { request: ProjectRequest; response: ProjectCosts };
  project_list: { request: Nothing; response: ProjectList };
  project_create: { request: ProjectCreateRequest; response: ProjectSummary };
  project_create_sample: { request: Nothing; response: ProjectSummary };
  project_rename: { request: ProjectRenameRequest; response: ProjectSummary };
  project_delete: { request: ProjectRequest; response: ProjectList };
  project_restore: { request: ProjectRequest; response: ProjectList };
  project_overview: { request: ProjectRequest; response: ProjectOverview };
  import_pick: { request: Nothing; response: ImportPicked };
  import_start: { request: ImportStartRequest; response: ImportResult };
  import_stop: { request: ImportHandleRequest; response: Nothing };
  import_forget: { request: ImportHandleRequest; response: Nothing };
  example_view: { request: ExampleViewRequest; response: ExampleView };
  example_window: { request: ExampleWindowRequest; response: ExampleWindow };
  example_read: { request: ExampleRequest; response: ExampleCard };
  example_edit: { request: ExampleEditRequest; response: ExampleChange };
  example_add: { request: ExampleAddRequest; response: ExampleChange };
  example_delete: { request: ExampleDeleteRequest; response: ExampleChange };
  history_undo: { request: ProjectRequest; response: HistoryMove };
  history_redo: { request: ProjectRequest; response: HistoryMove };
  check_run: { request: ProjectRequest; response: CheckReport };
  check_leave_out: { request: CheckLeaveOutRequest; response: ExampleChange };
  model_shelf: { request: ModelShelfRequest; response: ModelShelf };
  model_fetch: { request: ModelRequest; response: ModelShelf };
  model_fetch_stop: { request: ModelRequest; response: ModelShelf };
  model_pick: { request: ModelPickRequest; response: ModelPicked };
  model_forget: { request: ModelRequest; response: ModelShelf };
  model_measure: { request: ModelMeasureRequest; response: ModelFit };
  model_export: { request: ModelExportRequest; response: ModelExported };
  model_export_read: { request: RunRequest; response: ModelExported };
  model_export_stop: { request: RunRequest; response: ModelExported };
  train_plan: { request: TrainPlanRequest; response: TrainPlan };
  train_start: { request: TrainStartRequest; response: RunDetail };
  tokenizer_choose: { request: TokenizerRequest; response: TokenizerChosen };
  tokenizer_forget: { request: TokenizerRequest; response: Nothing };
  tokenizer_restore: { request: TokenizerRequest; response: TokenizerChosen };
  order_quote: { request: OrderQuoteRequest; response: OrderQuote };
  order_place: { request: OrderPlaceRequest; response: RunDetail };
  run_latest: { request: ProjectRequest; response: LatestRun };
  run_list: { request: ProjectRequest; response: RunList };
  run_read: { request: RunRequest; response: RunDetail };
  run_pause: { request: RunRequest; response: RunDetail };
  run_resume: { request: RunRequest; response: RunDetail };
  run_cancel: { request: RunRequest; response: RunDetail };
  run_cancel_others: { request: RunRequest; response: RunDetail };
  run_find: { request: RunRequest; response: RunDetail };
  test_read: { request: ProjectRequest; response: TestState };
  test_start: { request: TestStartRequest; response: TestReport };
  test_stop: { request: ProjectRequest; response: TestState };
  test_rows: { request: TestRowsRequest; response: TestRows };
  chat_read: { request: ProjectRequest; response: ChatState };
  chat_send: { request: ChatSendRequest; response: ChatAnswer };
  chat_stop: { request: ProjectRequest; response: Nothing };
  chat_clear: { request: ProjectRequest; response: ChatState };
}

/** Every event and what it carries. */
export interface Events {
  import_dropped: ImportDropped;
  import_progress: ImportProgress;
  export_changed: ExportState;
  model_progress: ModelProgress;
  run_changed: RunDetail;
  test_changed: TestReport;
  chat_piece: ChatPiece;
  chat_ended: ChatEnded;
  work_changed: WorkCounting;
  spent_changed: Nothing;
  closing: Closing;
}
