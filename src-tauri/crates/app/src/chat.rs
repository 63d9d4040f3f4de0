//! Talking to a trained model: the question is stored at once, the answer when it is whole.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use attune_contract::chat::{
    ChatAnswer, ChatAuthor, ChatEnded, ChatLine, ChatPiece, ChatSendRequest, ChatState,
};
use attune_contract::projects::ProjectRequest;
use attune_contract::{AppEvent, Failure, FailureCode, Nothing, Param, params};
use attune_services::{ChatMessage, ChatOrder, ChatReply, TrainingService};
use attune_store::{ChatMessageRow, LaunchRow, Library, ProjectId};
use tokio::sync::Notify;

use crate::answering::{
    Answerer, LONGEST_PAID_ANSWER, Meter, Unanswered, far_launch_of, most_tokens, paid_place,
};
use crate::failures::{OrFailure, input_invalid};
use crate::testing::{first_instructions, latest_model, model_missing, read_examples};
use crate::{App, locked, projects, testing, training};

/// Chats that are being answered, by project.
pub(crate) type RunningChats = HashMap<i64, Arc<RunningChat>>;

/// An answer that is coming.
#[derive(Debug, Default)]
pub(crate) struct RunningChat {
    /// The wish to stop it.
    stop: Notify,
    /// What came of it; none before the question is in the chat.
    so_far: Mutex<Option<String>>,
}

const LONGEST_QUESTION: usize = 20_000;
const SUGGESTIONS: usize = 3;

impl App {
    /// The chat of a project with its latest model.
    ///
    /// # Errors
    /// `ProjectMissing`; failures of the library.
    pub async fn chat_read(
        self: &Arc<Self>,
        request: ProjectRequest,
    ) -> Result<ChatState, Failure> {
        self.on_library(move |app, library| {
            let project = projects::live_project(library, ProjectId(request.project))?.id;
            let Some((launch, number)) = latest_model(library, project)? else {
                return Ok(nothing_to_ask());
            };
            // First: whose answer ends in between stands in the lines.
            let running = locked(&app.chats).get(&project.0).map(Arc::clone);
            let answering = running.and_then(|running| locked(&running.so_far).clone());
            let rows = library.chat_messages(project, &launch.launch_id).or_failure()?;
            let kept_aside = read_examples(library, &launch.test_file)?;
            let questions = kept_aside.iter().map(|example| example.question().to_owned());
            let instructions = first_instructions(library, &launch.train_file)?;
            let place = paid_place(app, library, &launch)?;
            let price =
                place.map(|place| place.answer_price(instructions.as_deref())).transpose()?;
            Ok(ChatState {
                price,
                model: Some(training::summary(&launch, number)),
                lines: rows.into_iter().map(line).collect(),
                answering,
                suggestions: questions.take(SUGGESTIONS).collect(),
            })
        })
        .await
    }

    /// Asks the model; its answer comes piece by piece as events, and whole at the end.
    ///
    /// # Errors
    /// `InputInvalid`, `ModelMissing`, `ChatBusy`, `AnswersCostMoney`, `AboveJobCap`, `AboveDayCap`,
    /// `AboveMonthCap`, `NothingMayBeSpent`; failures of the engine, the service or the library. What
    /// may cost too much is not asked; in all other cases the question stays in the chat.
    pub async fn chat_send(
        self: &Arc<Self>,
        request: ChatSendRequest,
    ) -> Result<ChatAnswer, Failure> {
        let text = request.text.trim().to_owned();
        if text.is_empty() || text.chars().count() > LONGEST_QUESTION {
            return Err(input_invalid("text"));
        }
        let project = request.project;
        let running = self.begin_chat(project)?;
        let answer = self.answer_chat(project, text, request.most_micro_usd, &running).await;
        locked(&self.chats).remove(&project);
        // Whoever asked may be looking at something else, and somebody else at the chat.
        let failure = answer.as_ref().err().cloned();
        self.desktop.emit(AppEvent::ChatEnded(ChatEnded { project, failure }));
        answer
    }

    fn begin_chat(&self, project: i64) -> Result<Arc<RunningChat>, Failure> {
        let mut chats = locked(&self.chats);
        if chats.contains_key(&project) {
            return Err(Failure::new(FailureCode::ChatBusy, params![]));
        }
        let running = Arc::new(RunningChat::default());
        chats.insert(project, Arc::clone(&running));
        Ok(running)
    }

    async fn answer_chat(
        self: &Arc<Self>,
        project: i64,
        text: String,
        most_micro_usd: Option<i64>,
        running: &RunningChat,
    ) -> Result<ChatAnswer, Failure> {
        let asked = self
            .on_library(move |app, library| {
                keep_question(app, library, project, text, most_micro_usd)
            })
            .await?;
        let Asked { launch, instructions, question, mut meter } = asked;
        *locked(&running.so_far) = Some(String::new());
        let answerer = self.answerer_or_unasked(&launch, &meter).await?;
        let said = most_tokens(&messages(instructions.clone(), &question.text));
        let order = ChatOrder {
            model: launch.result_model.clone().ok_or_else(model_missing)?,
            messages: messages(instructions, &question.text),
            max_tokens: (!training::is_here(&launch)).then_some(LONGEST_PAID_ANSWER),
            temperature: Some(0.0),
            ..ChatOrder::default()
        };
        let reply = self.stream(project, &answerer, &order, running).await;
        self.keep_cost(&mut meter, (reply.as_ref(), said)).await;
        let reply = reply.map_err(|unanswered| unanswered.failure)?;
        let cut_off = reply.finish_reason != "stop";
        let answer = self
            .on_library(move |app, library| {
                let id = library
                    .chat_append(
                        ProjectId(project),
                        &launch.launch_id,
                        "assistant",
                        &reply.content,
                        app.now_ms(),
                    )
                    .or_failure()?;
                Ok(ChatLine { id: id.0, author: ChatAuthor::Assistant, text: reply.content })
            })
            .await?;
        Ok(ChatAnswer { question, answer, cut_off, cost_micro_usd: meter.actual_micro_usd() })
    }

    /// Who answers. Where nobody can, nothing is asked, and nothing counts as spent.
    async fn answerer_or_unasked(
        self: &Arc<Self>,
        launch: &LaunchRow,
        meter: &Meter,
    ) -> Result<Answerer, Failure> {
        let answerer = self.answerer(launch).await;
        if answerer.is_err() {
            meter.keep_unasked(self).await?;
        }
        answerer
    }

    /// Streams one answer. Stopped by the person, what came so far is the answer, marked as cut.
    async fn stream(
        self: &Arc<Self>,
        project: i64,
        answerer: &Answerer,
        order: &ChatOrder,
        running: &RunningChat,
    ) -> Result<ChatReply, Unanswered> {
        let mut on_piece = |piece: &str| {
            locked(&running.so_far).get_or_insert_default().push_str(piece);
            let text = piece.to_owned();
            self.desktop.emit(AppEvent::ChatPiece(ChatPiece { project, text }));
        };
        let stopped = tokio::select! {
            reply = answerer.service.chat(order, &mut on_piece) => {
                Some(reply.map_err(|error| answerer.unanswered(error)))
            }
            () = running.stop.notified() => None,
        };
        match stopped {
            Some(reply) => reply,
            None => Ok(ChatReply {
                content: locked(&running.so_far).clone().unwrap_or_default(),
                finish_reason: "stopped".to_owned(),
                ..ChatReply::default()
            }),
        }
    }

    /// Stops an answer that is coming.
    ///
    /// # Errors
    /// None: an answer that is whole already is left alone.
    pub async fn chat_stop(self: &Arc<Self>, request: ProjectRequest) -> Result<Nothing, Failure> {
        if let Some(running) = locked(&self.chats).get(&request.project) {
            running.stop.notify_one();
        }
        Ok(Nothing {})
    }

    /// Empties the chat.
    ///
    /// # Errors
    /// `ChatBusy` while an answer is coming, which would stand there without its question;
    /// `ProjectMissing`; failures of the library.
    pub async fn chat_clear(
        self: &Arc<Self>,
        request: ProjectRequest,
    ) -> Result<ChatState, Failure> {
        let project = request.project;
        self.on_library(move |app, library| {
            // Held, so that no question begins meanwhile.
            let chats = locked(&app.chats);
            if chats.contains_key(&project) {
                return Err(Failure::new(FailureCode::ChatBusy, params![]));
            }
            let project = projects::live_project(library, ProjectId(project))?.id;
            if let Some((launch, _)) = latest_model(library, project)? {
                library.chat_clear(project, &launch.launch_id).or_failure()?;
            }
            Ok(())
        })
        .await?;
        self.chat_read(request).await
    }

    /// Asks a model once, for the command line; hands over pieces as they come.
    ///
    /// # Errors
    /// `CeilingNeeded`, `AboveCeiling`, `AboveJobCap`, `AboveDayCap`, `AboveMonthCap` for a model at a
    /// service; failures of the engine, the service or the library.
    pub async fn ask_once(
        self: &Arc<Self>,
        model: &str,
        text: &str,
        most_micro_usd: Option<i64>,
        on_piece: &mut (dyn FnMut(&str) + Send),
    ) -> Result<ChatReply, Failure> {
        let mut order = ChatOrder {
            model: model.to_owned(),
            messages: messages(None, text),
            temperature: Some(0.0),
            ..ChatOrder::default()
        };
        let (named, messages) = (model.to_owned(), order.messages.clone());
        let said = most_tokens(&messages);
        let paid = self
            .on_library(move |app, library| {
                pay_once(app, library, &named, &messages, most_micro_usd)
            })
            .await?;
        let Some((launch, mut meter)) = paid else {
            let service = self.engine_service().await?;
            return service.chat(&order, on_piece).await.map_err(testing::unanswered);
        };
        order.max_tokens = Some(LONGEST_PAID_ANSWER);
        let answerer = self.answerer_or_unasked(&launch, &meter).await?;
        let reply = answerer.service.chat(&order, on_piece).await;
        let reply = reply.map_err(|error| answerer.unanswered(error));
        self.keep_cost(&mut meter, (reply.as_ref(), said)).await;
        reply.map_err(|unanswered| unanswered.failure)
    }

    /// Writes down what an answer cost. Where that fails it counts as the most, and the answer is given all
    /// the same: it is paid.
    async fn keep_cost(
        self: &Arc<Self>,
        meter: &mut Meter,
        (reply, said): (Result<&ChatReply, &Unanswered>, u64),
    ) {
        let counted = meter.count(reply, said, LONGEST_PAID_ANSWER);
        let kept = match counted {
            Ok(()) => meter.keep(self).await,
            Err(failure) => Err(failure),
        };
        if let Err(failure) = kept {
            tracing::error!(code = failure.code.as_text(), "what an answer cost was not kept");
        }
    }
}

/// Writes down what one answer of a model at a service may cost; nothing for a model of this computer.
fn pay_once(
    app: &App,
    library: &Library,
    model: &str,
    messages: &[ChatMessage],
    most_micro_usd: Option<i64>,
) -> Result<Option<(LaunchRow, Meter)>, Failure> {
    let Some(launch) = far_launch_of(library, model)? else { return Ok(None) };
    let Some(place) = paid_place(app, library, &launch)? else { return Ok(None) };
    let most = most_micro_usd.ok_or_else(|| Failure::new(FailureCode::CeilingNeeded, params![]))?;
    let said = most_tokens(messages);
    let needed = place.rates.map(|rates| rates.most(said, LONGEST_PAID_ANSWER.into()));
    if let Some(needed) = needed.transpose()?.filter(|needed| *needed > most) {
        let (ceiling, most) = (Param::MicroUsd(needed), Param::MicroUsd(most));
        return Err(Failure::new(FailureCode::AboveCeiling, params![ceiling, most]));
    }
    let expected = place.guess(library, &launch, messages, Some(most));
    let meter = Meter::begin(app, library, &launch, &place, ("chat", expected, Some(most)))?;
    Ok(Some((launch, meter)))
}

/// A question that is stored, and what its answer needs.
struct Asked {
    launch: LaunchRow,
    instructions: Option<String>,
    question: ChatLine,
    meter: Meter,
}

/// Stores a question, and what its answer may cost.
fn keep_question(
    app: &App,
    library: &Library,
    project: i64,
    text: String,
    most_micro_usd: Option<i64>,
) -> Result<Asked, Failure> {
    let project = projects::live_project(library, ProjectId(project))?.id;
    let (launch, _) = latest_model(library, project)?.ok_or_else(model_missing)?;
    let instructions = first_instructions(library, &launch.train_file)?;
    let meter = match paid_place(app, library, &launch)? {
        Some(place) => {
            let messages = messages(instructions.clone(), &text);
            let said = most_tokens(&messages);
            let needed = place.rates.map(|rates| rates.most(said, LONGEST_PAID_ANSWER.into()));
            let agreed = place.agreed(needed.transpose()?, most_micro_usd)?;
            let expected = place.guess(library, &launch, &messages, agreed);
            Meter::begin(app, library, &launch, &place, ("chat", expected, agreed))?
        }
        None => Meter::free(),
    };
    let id = library
        .chat_append(project, &launch.launch_id, "user", &text, app.now_ms())
        .or_failure()?;
    let question = ChatLine { id: id.0, author: ChatAuthor::Person, text };
    Ok(Asked { launch, instructions, question, meter })
}

fn nothing_to_ask() -> ChatState {
    ChatState {
        model: None,
        lines: Vec::new(),
        answering: None,
        suggestions: Vec::new(),
        price: None,
    }
}

/// The lab learns single questions with their answers, so each question is asked on its own.
fn messages(instructions: Option<String>, text: &str) -> Vec<ChatMessage> {
    let said = |role: &str, content: String| ChatMessage { role: role.to_owned(), content };
    let instructions = instructions.map(|instructions| said("system", instructions));
    instructions.into_iter().chain([said("user", text.to_owned())]).collect()
}

fn line(row: ChatMessageRow) -> ChatLine {
    let author = if row.role == "assistant" { ChatAuthor::Assistant } else { ChatAuthor::Person };
    ChatLine { id: row.id.0, author, text: row.content }
}
