//! What went wrong, as a code and values; the words live in the catalogue.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Params;

/// What went wrong. Add a variant only when a person reads different words for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum FailureCode {
    /// A request had a value that cannot be; `field` names it.
    InputInvalid,
    /// Another window or command holds the library.
    LibraryOpenElsewhere,
    /// The library was written by a newer Attune.
    LibraryNewer,
    /// The library's file is damaged; `file` names it.
    LibraryDamaged,
    /// The library's folder cannot be read or written; `folder` names it.
    LibraryNoAccess,
    /// Another program holds the library's file.
    LibraryBusy,
    /// The disk is full.
    DiskFull,
    /// The project is not there any more.
    ProjectMissing,
    /// The example is not there any more.
    ExampleMissing,
    /// A file cannot be opened or read; `file` names it.
    FileUnreadable,
    /// A file has no content.
    FileEmpty,
    /// A file is of a kind that cannot be brought in; `file` names it.
    FileUnsupported,
    /// A file is over the limits of an import.
    FileTooLarge,
    /// A picked file was given back or the window was restarted.
    FileForgotten,
    /// Not one row could be used.
    ImportNothingUsable,
    /// The person stopped the import.
    ImportStopped,
    /// Fewer examples than training needs: `count` of `needed`.
    TooFewExamples,
    /// Some examples cannot be learnt from: `count` of them.
    ExamplesNotUsable,
    /// This project already trains.
    TrainingAlreadyRuns,
    /// The training is not there any more.
    RunMissing,
    /// The training is in a state in which this cannot be done.
    RunNotInState,
    /// The program file of the engine was not found.
    EngineMissing,
    /// The engine did not start or stopped.
    EngineStopped,
    /// Another engine works in the same library.
    EngineBusy,
    /// The training ended with a problem; `reason` is the service's own text.
    TrainingFailed,
    /// The loss became something that is no number before anything usable was kept.
    TrainingDiverged,
    /// The loss became something that is no number; the best moment before is the result.
    TrainingDivergedKept,
    /// The disk was full, so a training rests at its last checkpoint.
    TrainingDiskFull,
    /// The disk could not be written or read, so a training rests at its last checkpoint.
    TrainingDiskFailed,
    /// The connection was lost while the order was sent.
    LaunchUnknown,
    /// The service refused; `reason` is its own text.
    ServiceRefused,
    /// The service cannot be reached.
    ServiceUnreachable,
    /// The service answers with something that is no answer.
    ServiceGarbled,
    /// A model's files are not there any more; `model` names it.
    ModelFilesMissing,
    /// A model's file is broken or cut off; `file` names it, `reason` says where.
    ModelFileBroken,
    /// A file is no tokenizer that can be used; `file` names it.
    TokenizerBroken,
    /// A model is of a kind that Attune cannot train; `kind` names it.
    ModelUnsupported,
    /// A model has no chat template, so it cannot be talked to; `model` names it.
    ModelWithoutTemplate,
    /// The starter could not be fetched; the part that is here stays.
    ModelFetchFailed,
    /// What was fetched is not the file that was promised.
    ModelHashWrong,
    /// The model under a trained one is another one by now.
    BaseChanged,
    /// A training or a model needs more memory than is free: `needed` and `free`, in bytes.
    NotEnoughMemory,
    /// There is not enough room on the disk: `needed` and `free`, in bytes.
    NotEnoughDisk,
    /// Settings that no model can have; `reason` says why.
    SettingsImpossible,
    /// The engine was ended by the system for want of memory.
    OutOfMemory,
    /// The exported files do not give the stored answers; they were removed.
    ExportNotProven,
    /// Something is being exported already.
    ExportAlreadyRuns,
    /// Nothing was trained yet, or the model was removed.
    ModelMissing,
    /// There are no kept-aside examples to test with.
    NothingKeptAside,
    /// A test is running already.
    TestAlreadyRuns,
    /// A question has more text than the model can read at once.
    QuestionTooLong,
    /// The chat is answering already.
    ChatBusy,
    /// A network port is taken; `port` names it.
    PortBusy,
    /// There is no screen to open a window on.
    NoDisplay,
    /// The named service is not built.
    ServiceNotKnown,
    /// The service is not there any more.
    ServiceMissing,
    /// There is such a service already.
    ServiceExists,
    /// A training at the service is not over, so it can neither be removed nor go to another account.
    ServiceWorks,
    /// An address that no service can have, or that would carry a key unencrypted.
    ServiceAddressUnusable,
    /// What answers at the address is no service of this kind.
    ServiceNotThere,
    /// The service takes this computer for somebody it does not know: `title` names the service.
    KeyRefused,
    /// The service takes no more orders from anybody since the day `on`; `title` names it.
    ServiceClosed,
    /// The service lets this account train no more; `title` names the service.
    AccountLockedOut,
    /// The account has no credit; `title` names the service.
    ServiceNoCredit,
    /// None of the models that the key may use can learn; `title` names the service.
    NothingToTrainThere,
    /// The model stopped answering on the day `on`; `model` names it.
    ModelEnded,
    /// The examples are larger than the service takes: `needed` of `most` bytes.
    SendTooLarge,
    /// The quote is too old, was used, or the examples changed since.
    QuoteOutdated,
    /// The amount that was agreed to is not the one that was quoted.
    AmountDiffers,
    /// Nobody said how much may be spent.
    CeilingNeeded,
    /// The price is `ceiling` at most, and only `most` may be spent.
    AboveCeiling,
    /// It may cost `needed`, and one training, test or answer may cost `limit`; `left` is the same.
    AboveJobCap,
    /// It may cost `needed`, and `left` of the `limit` of a day is left.
    AboveDayCap,
    /// It may cost `needed`, and `left` of the `limit` of a month is left.
    AboveMonthCap,
    /// The service `title` takes money, nobody knows how much, and a cap lets nothing be spent.
    NothingMayBeSpent,
    /// Nobody told what training `model` costs at the service `title`.
    PriceUnknown,
    /// An order waited so long on this computer that nobody should be surprised by it now.
    OrderTooOld,
    /// Examples cannot be sent to the service `title` now, and are sent as soon as it answers.
    OrderWaits,
    /// The service `title` says nothing of a training that goes on there.
    TrainingUnheard,
    /// More than one training was found for one order; `jobs` names them.
    LaunchDoubled,
    /// A stop was asked for, and the training `job` has not stopped yet.
    StopNotSeen,
    /// A model at the service `title` is paid for each answer, and nothing was agreed to for that.
    AnswersCostMoney,
    /// A text that can be no key.
    KeyUnusable,
    /// A key that administers an account and can neither train nor answer.
    KeyIsAdmin,
    /// There is no key for the service, or it is not at hand.
    KeyMissing,
    /// This computer has no keyring, or it has nowhere to put a key.
    KeyringMissing,
    /// The keyring is locked and was not unlocked.
    KeyringLocked,
    /// The keyring did not answer in time.
    KeyringSilent,
    /// The keyring failed in another way.
    KeyringFailed,
    /// There is no room for another key.
    KeyringFull,
    /// What is stored in the keyring for Attune cannot be read as keys.
    KeyringGarbled,
    /// The passphrase does not open the file of keys.
    PassphraseWrong,
    /// A passphrase that is too short or empty.
    PassphraseUnusable,
    /// Something in Attune itself broke.
    Internal,
}

/// A failure on its way to a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// What the page and the command line branch on.
    pub code: FailureCode,
    /// Values for the words of `code` in the catalogue.
    #[ts(type = "Record<string, Param>")]
    pub params: Params,
    /// For the log and the folded "Details"; never the first thing a person reads.
    pub detail: Option<String>,
}

impl Failure {
    /// A failure with values for its words.
    #[must_use]
    pub fn new(code: FailureCode, params: Params) -> Self {
        Self { code, params, detail: None }
    }

    /// The same failure with a text for the log and the folded "Details".
    #[must_use]
    pub fn with_detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }
}

impl FailureCode {
    /// The code as the catalogue and JSON write it.
    #[must_use]
    pub fn as_text(self) -> String {
        serde_json::to_value(self)
            .ok()
            .and_then(|value| value.as_str().map(str::to_owned))
            .unwrap_or_default()
    }
}
