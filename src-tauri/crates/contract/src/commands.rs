//! The one list of commands and the one list of events. The shell and the code generator both
//! expand them, so a command that is missing on one side does not compile.

use serde::Serialize;

use crate::{Nothing, chat::ChatEnded, chat::ChatPiece};
use crate::{imports::ImportDropped, imports::ImportProgress};
use crate::{models::ExportState, models::ModelProgress};
use crate::{settings::Closing, testing::TestReport, training::RunDetail, work::WorkCounting};

/// Hands every command, `name(Request) -> Response`, to the macro `$expand`.
#[macro_export]
macro_rules! for_each_command {
    ($expand:ident) => {
        $expand! {
            app_read($crate::Nothing) -> $crate::settings::AppState,
            app_retry($crate::Nothing) -> $crate::settings::AppState,
            app_quit($crate::Nothing) -> $crate::Nothing,
            settings_change($crate::settings::SettingsChangeRequest) -> $crate::settings::Settings,

            service_list($crate::Nothing) -> $crate::services::ServiceList,
            service_add($crate::services::ServiceAddRequest) -> $crate::services::ServiceList,
            service_change($crate::services::ServiceChangeRequest) -> $crate::services::ServiceList,
            service_remove($crate::services::ServiceRequest) -> $crate::services::ServiceList,
            service_check($crate::services::ServiceRequest) -> $crate::services::ServiceList,
            service_key_save($crate::services::ServiceKeySaveRequest) -> $crate::services::ServiceList,
            service_key_remove($crate::services::ServiceRequest) -> $crate::services::ServiceList,
            keys_open($crate::services::KeysOpenRequest) -> $crate::services::ServiceList,
            stored_list($crate::services::ServiceRequest) -> $crate::orders::StoredThings,
            stored_delete($crate::orders::StoredDeleteRequest) -> $crate::orders::StoredThings,

            spend_read($crate::Nothing) -> $crate::money::SpendState,
            spend_caps_change($crate::money::SpendCaps) -> $crate::money::SpendState,
            ledger_read($crate::money::LedgerRequest) -> $crate::money::Ledger,
            ledger_export($crate::Nothing) -> $crate::money::LedgerExported,
            price_list($crate::Nothing) -> $crate::money::PriceList,
            price_correct($crate::money::PriceCorrectRequest) -> $crate::money::PriceList,
            untuned_prices_set($crate::money::UntunedPricesRequest) -> $crate::money::PriceList,
            outlook_read($crate::outlook::OutlookRequest) -> $crate::outlook::Outlook,
            costs_read($crate::projects::ProjectRequest) -> $crate::work::ProjectCosts,
            work_set($crate::work::WorkSetRequest) -> $crate::work::ProjectCosts,
            work_add($crate::work::WorkAddRequest) -> $crate::Nothing,
            work_forget($crate::projects::ProjectRequest) -> $crate::work::ProjectCosts,

            project_list($crate::Nothing) -> $crate::projects::ProjectList,
            project_create($crate::projects::ProjectCreateRequest) -> $crate::projects::ProjectSummary,
            project_create_sample($crate::Nothing) -> $crate::projects::ProjectSummary,
            project_rename($crate::projects::ProjectRenameRequest) -> $crate::projects::ProjectSummary,
            project_delete($crate::projects::ProjectRequest) -> $crate::projects::ProjectList,
            project_restore($crate::projects::ProjectRequest) -> $crate::projects::ProjectList,
            project_overview($crate::projects::ProjectRequest) -> $crate::projects::ProjectOverview,

            import_pick($crate::Nothing) -> $crate::imports::ImportPicked,
            import_start($crate::imports::ImportStartRequest) -> $crate::imports::ImportResult,
            import_stop($crate::imports::ImportHandleRequest) -> $crate::Nothing,
            import_forget($crate::imports::ImportHandleRequest) -> $crate::Nothing,

            example_view($crate::examples::ExampleViewRequest) -> $crate::examples::ExampleView,
            example_window($crate::examples::ExampleWindowRequest) -> $crate::examples::ExampleWindow,
            example_read($crate::examples::ExampleRequest) -> $crate::examples::ExampleCard,
            example_edit($crate::examples::ExampleEditRequest) -> $crate::examples::ExampleChange,
            example_add($crate::examples::ExampleAddRequest) -> $crate::examples::ExampleChange,
            example_delete($crate::examples::ExampleDeleteRequest) -> $crate::examples::ExampleChange,
            history_undo($crate::projects::ProjectRequest) -> $crate::examples::HistoryMove,
            history_redo($crate::projects::ProjectRequest) -> $crate::examples::HistoryMove,

            check_run($crate::projects::ProjectRequest) -> $crate::checks::CheckReport,
            check_leave_out($crate::checks::CheckLeaveOutRequest) -> $crate::examples::ExampleChange,

            model_shelf($crate::models::ModelShelfRequest) -> $crate::models::ModelShelf,
            model_fetch($crate::models::ModelRequest) -> $crate::models::ModelShelf,
            model_fetch_stop($crate::models::ModelRequest) -> $crate::models::ModelShelf,
            model_pick($crate::models::ModelPickRequest) -> $crate::models::ModelPicked,
            model_forget($crate::models::ModelRequest) -> $crate::models::ModelShelf,
            model_measure($crate::models::ModelMeasureRequest) -> $crate::models::ModelFit,
            model_export($crate::models::ModelExportRequest) -> $crate::models::ModelExported,
            model_export_read($crate::training::RunRequest) -> $crate::models::ModelExported,
            model_export_stop($crate::training::RunRequest) -> $crate::models::ModelExported,

            train_plan($crate::training::TrainPlanRequest) -> $crate::training::TrainPlan,
            train_start($crate::training::TrainStartRequest) -> $crate::training::RunDetail,
            tokenizer_choose($crate::orders::TokenizerRequest) -> $crate::orders::TokenizerChosen,
            tokenizer_forget($crate::orders::TokenizerRequest) -> $crate::Nothing,
            tokenizer_restore($crate::orders::TokenizerRequest) -> $crate::orders::TokenizerChosen,
            order_quote($crate::orders::OrderQuoteRequest) -> $crate::orders::OrderQuote,
            order_place($crate::orders::OrderPlaceRequest) -> $crate::training::RunDetail,
            run_latest($crate::projects::ProjectRequest) -> $crate::training::LatestRun,
            run_list($crate::projects::ProjectRequest) -> $crate::training::RunList,
            run_read($crate::training::RunRequest) -> $crate::training::RunDetail,
            run_pause($crate::training::RunRequest) -> $crate::training::RunDetail,
            run_resume($crate::training::RunRequest) -> $crate::training::RunDetail,
            run_cancel($crate::training::RunRequest) -> $crate::training::RunDetail,
            run_cancel_others($crate::training::RunRequest) -> $crate::training::RunDetail,
            run_find($crate::training::RunRequest) -> $crate::training::RunDetail,

            test_read($crate::projects::ProjectRequest) -> $crate::testing::TestState,
            test_start($crate::testing::TestStartRequest) -> $crate::testing::TestReport,
            test_stop($crate::projects::ProjectRequest) -> $crate::testing::TestState,
            test_rows($crate::testing::TestRowsRequest) -> $crate::testing::TestRows,

            chat_read($crate::projects::ProjectRequest) -> $crate::chat::ChatState,
            chat_send($crate::chat::ChatSendRequest) -> $crate::chat::ChatAnswer,
            chat_stop($crate::projects::ProjectRequest) -> $crate::Nothing,
            chat_clear($crate::projects::ProjectRequest) -> $crate::chat::ChatState,
        }
    };
}

/// Hands every event, `Variant name(Payload)`, to the macro `$expand`.
#[macro_export]
macro_rules! for_each_event {
    ($expand:ident) => {
        $expand! {
            ImportDropped import_dropped(ImportDropped),
            ImportProgress import_progress(ImportProgress),
            ExportChanged export_changed(ExportState),
            ModelProgress model_progress(ModelProgress),
            RunChanged run_changed(RunDetail),
            TestChanged test_changed(TestReport),
            ChatPiece chat_piece(ChatPiece),
            ChatEnded chat_ended(ChatEnded),
            WorkChanged work_changed(WorkCounting),
            SpentChanged spent_changed(Nothing),
            Closing closing(Closing),
        }
    };
}

macro_rules! declare_events {
    ($( $variant:ident $name:ident($payload:ty), )*) => {
        /// Something the page should hear of without asking.
        #[derive(Debug, Clone, Serialize)]
        #[serde(untagged)]
        #[expect(
            clippy::large_enum_variant,
            reason = "an event is made, sent and dropped; never are many kept"
        )]
        pub enum AppEvent {
            $(
                #[doc = concat!("The event `", stringify!($name), "`.")]
                $variant($payload),
            )*
        }

        impl AppEvent {
            /// The event's name as the page listens for it.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self { $( Self::$variant(_) => stringify!($name), )* }
            }
        }
    };
}
for_each_event!(declare_events);
