//! Talking to a trained model: the question is stored at once, the answer when it is whole.

use std::collections::HashMap;
use std::sync::Arc;

use attune_contract::chat::{
    ChatAnswer, ChatAuthor, ChatLine, ChatPiece, ChatSendRequest, ChatState,
};
use attune_contract::projects::ProjectRequest;
use attune_contract::{AppEvent, Failure, FailureCode, Nothing, params};
use attune_services::{ChatMessage, ChatOrder, ChatReply, OpenAiCompatible, TrainingService};
use attune_store::{ChatMessageRow, LaunchRow, ProjectId};
use tokio::sync::Notify;

use crate::failures::{OrFailure, input_invalid};
use crate::testing::{first_instructions, latest_model, model_missing, read_examples, unanswered};
use crate::{App, locked, projects, training};

/// Chats that are being answered: the project and the wish to stop.
pub(crate) type RunningChats = HashMap<i64, Arc<Notify>>;

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
        self.on_library(move |_, library| {
            let project = projects::live_project(library, ProjectId(request.project))?.id;
            let Some((launch, number)) = latest_model(library, project)? else {
                return Ok(ChatState { model: None, lines: Vec::new(), suggestions: Vec::new() });
            };
            let rows = library.chat_messages(project, &launch.launch_id).or_failure()?;
            let kept_aside = read_examples(library, &launch.test_file)?;
            let questions = kept_aside.iter().map(|example| example.question().to_owned());
            Ok(ChatState {
                model: Some(training::summary(&launch, number)),
                lines: rows.into_iter().map(line).collect(),
                suggestions: questions.take(SUGGESTIONS).collect(),
            })
        })
        .await
    }

    /// Asks the model; its answer comes piece by piece as events, and whole at the end.
    ///
    /// # Errors
    /// `InputInvalid`, `ModelMissing`, `ChatBusy`; failures of the engine or the library. The
    /// question stays in the chat.
    pub async fn chat_send(
        self: &Arc<Self>,
        request: ChatSendRequest,
    ) -> Result<ChatAnswer, Failure> {
        let text = request.text.trim().to_owned();
        if text.is_empty() || text.chars().count() > LONGEST_QUESTION {
            return Err(input_invalid("text"));
        }
        let project = request.project;
        let stop = self.begin_chat(project)?;
        let answer = self.answer_chat(project, text, &stop).await;
        locked(&self.chats).remove(&project);
        answer
    }

    fn begin_chat(&self, project: i64) -> Result<Arc<Notify>, Failure> {
        let mut chats = locked(&self.chats);
        if chats.contains_key(&project) {
            return Err(Failure::new(FailureCode::ChatBusy, params![]));
        }
        let stop = Arc::new(Notify::new());
        chats.insert(project, Arc::clone(&stop));
        Ok(stop)
    }

    async fn answer_chat(
        self: &Arc<Self>,
        project: i64,
        text: String,
        stop: &Notify,
    ) -> Result<ChatAnswer, Failure> {
        let (launch, instructions, question) = self.keep_question(project, text).await?;
        let service = self.engine_service().await?;
        let order = ChatOrder {
            model: launch.result_model.clone().ok_or_else(model_missing)?,
            messages: messages(instructions, &question.text),
            temperature: Some(0.0),
            ..ChatOrder::default()
        };
        let reply = self.stream(project, &service, &order, stop).await?;
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
        Ok(ChatAnswer { question, answer, cut_off })
    }

    async fn keep_question(
        self: &Arc<Self>,
        project: i64,
        text: String,
    ) -> Result<(LaunchRow, Option<String>, ChatLine), Failure> {
        self.on_library(move |app, library| {
            let project = projects::live_project(library, ProjectId(project))?.id;
            let (launch, _) = latest_model(library, project)?.ok_or_else(model_missing)?;
            training::must_be_here(&launch)?;
            let id = library
                .chat_append(project, &launch.launch_id, "user", &text, app.now_ms())
                .or_failure()?;
            let instructions = first_instructions(library, &launch.train_file)?;
            let question = ChatLine { id: id.0, author: ChatAuthor::Person, text };
            Ok((launch, instructions, question))
        })
        .await
    }

    /// Streams one answer. Stopped by the person, what came so far is the answer, marked as cut.
    async fn stream(
        self: &Arc<Self>,
        project: i64,
        service: &OpenAiCompatible,
        order: &ChatOrder,
        stop: &Notify,
    ) -> Result<ChatReply, Failure> {
        let mut so_far = String::new();
        let mut on_piece = |piece: &str| {
            so_far += piece;
            let text = piece.to_owned();
            self.desktop.emit(AppEvent::ChatPiece(ChatPiece { project, text }));
        };
        let stopped = tokio::select! {
            reply = service.chat(order, &mut on_piece) => Some(reply.map_err(unanswered)),
            () = stop.notified() => None,
        };
        match stopped {
            Some(reply) => reply,
            None => Ok(ChatReply {
                content: so_far,
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
        if let Some(stop) = locked(&self.chats).get(&request.project) {
            stop.notify_one();
        }
        Ok(Nothing {})
    }

    /// Empties the chat.
    ///
    /// # Errors
    /// `ProjectMissing`; failures of the library.
    pub async fn chat_clear(
        self: &Arc<Self>,
        request: ProjectRequest,
    ) -> Result<ChatState, Failure> {
        let project = request.project;
        self.on_library(move |_, library| {
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
    /// Failures of the engine.
    pub async fn ask_once(
        self: &Arc<Self>,
        model: &str,
        text: &str,
        on_piece: &mut (dyn FnMut(&str) + Send),
    ) -> Result<ChatReply, Failure> {
        let service = self.engine_service().await?;
        let order = ChatOrder {
            model: model.to_owned(),
            messages: messages(None, text),
            temperature: Some(0.0),
            ..ChatOrder::default()
        };
        service.chat(&order, on_piece).await.map_err(unanswered)
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
