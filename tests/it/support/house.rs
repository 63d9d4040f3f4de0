//! A home folder with the program over it, driven through `app` as every host drives it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use attune_app::{App, AppOptions, Desktop, SystemPauses, starter_file, system_clock};
use attune_contract::imports::ImportStartRequest;
use attune_contract::models::{ModelPickKind, ModelShelf, ModelShelfRequest};
use attune_contract::training::{
    RunDetail, RunRequest, RunState, TrainSettings, TrainStartRequest,
};
use attune_contract::{AppEvent, Nothing, ProjectId};
use attune_store::Library;
use attune_testkit::{GroupTask, HomeFolder, Programs, csv};

use super::keyrings::memory_keyring;

/// How often something is looked at that takes its time.
pub(crate) const LOOK: Duration = Duration::from_millis(50);
/// Far longer than anything that is waited for: a test that hangs says what it hangs on.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// A desktop without a screen that remembers what it was asked for.
#[derive(Default)]
pub(crate) struct Recorder {
    picked: Mutex<Option<PathBuf>>,
    pub(crate) notes: Mutex<Vec<(String, String)>>,
    pub(crate) awake: Mutex<Vec<bool>>,
    /// What the page heard of whether time is counted.
    pub(crate) counting: Mutex<Vec<bool>>,
    /// How often the page heard that what was spent is not what it was.
    pub(crate) spent: AtomicUsize,
    /// How often it heard that an answer came to its end.
    pub(crate) answered: AtomicUsize,
}

impl Desktop for Recorder {
    fn pick_import_file(&self) -> Option<PathBuf> {
        self.picked.lock().unwrap().clone()
    }

    fn pick_model(&self, _: ModelPickKind) -> Option<PathBuf> {
        self.picked.lock().unwrap().clone()
    }

    fn pick_export_folder(&self) -> Option<PathBuf> {
        self.picked.lock().unwrap().clone()
    }

    fn pick_tokenizer_file(&self) -> Option<PathBuf> {
        self.picked.lock().unwrap().clone()
    }

    fn pick_save_file(&self, _: &str) -> Option<PathBuf> {
        self.picked.lock().unwrap().clone()
    }

    fn notify(&self, title: &str, body: &str) {
        self.notes.lock().unwrap().push((title.to_owned(), body.to_owned()));
    }

    fn keep_awake(&self, is_awake: bool) {
        let mut awake = self.awake.lock().unwrap();
        if awake.last() != Some(&is_awake) {
            awake.push(is_awake);
        }
    }

    fn emit(&self, event: AppEvent) {
        match event {
            AppEvent::WorkChanged(changed) => {
                self.counting.lock().unwrap().push(changed.is_counted);
            }
            AppEvent::SpentChanged(_) => {
                self.spent.fetch_add(1, Ordering::SeqCst);
            }
            AppEvent::ChatEnded(_) => {
                self.answered.fetch_add(1, Ordering::SeqCst);
            }
            _ => {}
        }
    }

    fn quit(&self) {}
}

/// A home folder and the program over it.
pub(crate) struct House {
    pub(crate) home: HomeFolder,
    pub(crate) desktop: Arc<Recorder>,
    pub(crate) app: Arc<App>,
    options: AppOptions,
}

impl House {
    /// A new home, with the options that the test wishes for.
    pub(crate) fn open(change: impl FnOnce(&mut AppOptions)) -> Self {
        let home = HomeFolder::new();
        let desktop = Arc::new(Recorder::default());
        let mut options = AppOptions {
            home: home.path().to_owned(),
            engine_program: Programs::find().command_line(),
            clock: system_clock,
            starter: starter_file(),
            cores: None,
            keyring: memory_keyring,
            pauses: Arc::new(SystemPauses),
        };
        change(&mut options);
        let app = open(&options, &desktop);
        Self { home, desktop, app, options }
    }

    /// Ends the program as a crash would, as far as the library is concerned, lets somebody change
    /// what it left behind, and opens it again.
    pub(crate) async fn reopen(self, between: impl FnOnce(&Path)) -> Self {
        let Self { home, desktop, app, options } = self;
        app.put_away().await;
        app.trackers_rest(Duration::from_secs(30)).await;
        drop(app);
        between(home.path());
        let mut app = open(&options, &desktop);
        // What was cut off in the midst of writing lets go of the library a moment later.
        while app.is_open_elsewhere() {
            tokio::time::sleep(LOOK).await;
            app = open(&options, &desktop);
        }
        Self { home, desktop, app, options }
    }

    /// The library as it is on disk now.
    pub(crate) fn library(&self) -> Library {
        Library::open_reading(self.home.path().to_owned()).unwrap()
    }

    /// What the next dialog gives.
    pub(crate) fn pick(&self, path: &Path) {
        *self.desktop.picked.lock().unwrap() = Some(path.to_owned());
    }

    /// A project with the examples of a task.
    pub(crate) async fn bring_in(&self, task: GroupTask) -> ProjectId {
        let file = self.home.path().join("task.csv");
        std::fs::write(&file, csv(&task.pairs())).unwrap();
        self.bring_in_file(&file).await
    }

    /// A project with the examples of a file.
    pub(crate) async fn bring_in_file(&self, file: &Path) -> ProjectId {
        self.pick(file);
        let preview = self.app.import_pick(Nothing {}).await.unwrap().preview.unwrap();
        let request = ImportStartRequest {
            handle: preview.handle,
            project: None,
            name: preview.suggested_name,
            columns: preview.guess,
        };
        self.app.import_start(request).await.unwrap().project.id
    }

    pub(crate) async fn shelf(&self, project: ProjectId) -> ModelShelf {
        self.app.model_shelf(ModelShelfRequest { project }).await.unwrap()
    }

    pub(crate) async fn start(
        &self,
        project: ProjectId,
        model: &str,
        settings: TrainSettings,
    ) -> String {
        let model = model.to_owned();
        let request =
            TrainStartRequest { project, model, settings, promised_memory_bytes: Some(123_456) };
        self.app.train_start(request).await.unwrap().summary.run
    }

    /// Waits until the training is in a state; gives it whole. One that is over in another state, or
    /// rests for good, ends the test.
    pub(crate) async fn wait(&self, run: &str, wanted: impl Fn(&RunDetail) -> bool) -> RunDetail {
        let begun = Instant::now();
        loop {
            let detail = self.app.run_read(RunRequest { run: run.to_owned() }).await.unwrap();
            if wanted(&detail) {
                return detail;
            }
            let is_over = matches!(
                detail.summary.state,
                RunState::Failed | RunState::NotStarted | RunState::Cancelled | RunState::Unknown
            );
            assert!(!is_over && begun.elapsed() < LONGEST_WAIT, "{:?}", detail.summary);
            tokio::time::sleep(LOOK).await;
        }
    }
}

fn open(options: &AppOptions, desktop: &Arc<Recorder>) -> Arc<App> {
    App::open(options.clone(), Arc::clone(desktop) as Arc<dyn Desktop>)
}
