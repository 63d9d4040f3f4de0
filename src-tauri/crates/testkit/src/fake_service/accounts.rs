//! Who may ask, and for what.

use axum::http::{HeaderMap, StatusCode};

use super::refusal::Refusal;

/// What a token is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// Everything.
    Normal,
    /// Uploads work, new jobs do not: the organisation was locked out of training.
    LockedOut,
    /// Uploads work, what costs money does not.
    NoCredit,
    /// Only the organisation's costs.
    Admin,
}

/// A token and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The bearer token.
    pub token: String,
    /// What it is allowed.
    pub kind: TokenKind,
    /// Files and jobs of other organisations are not seen.
    pub organization: String,
}

impl Account {
    /// A token of the organisation `org-fake`.
    #[must_use]
    pub fn new(token: &str, kind: TokenKind) -> Self {
        Self { token: token.to_owned(), kind, organization: "org-fake".to_owned() }
    }

    /// The same token in another organisation.
    #[must_use]
    pub fn of(mut self, organization: &str) -> Self {
        organization.clone_into(&mut self.organization);
        self
    }

    /// Refuses what a job costs, before anything about the order is looked at.
    pub(super) fn may_buy(&self) -> Result<(), Refusal> {
        match self.kind {
            TokenKind::Normal | TokenKind::Admin => Ok(()),
            TokenKind::LockedOut => Err(Refusal::locked_out()),
            TokenKind::NoCredit => Err(Refusal::no_credit()),
        }
    }

    /// Refuses inference without credit. An organisation that is locked out of training still
    /// uses its models.
    pub(super) fn may_chat(&self) -> Result<(), Refusal> {
        if self.kind == TokenKind::NoCredit { Err(Refusal::no_credit()) } else { Ok(()) }
    }
}

/// The account that a request's headers name.
pub(super) fn recognise<'a>(
    accounts: &'a [Account],
    headers: &HeaderMap,
) -> Result<&'a Account, Refusal> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(token) = text("authorization").and_then(|it| it.strip_prefix("Bearer ")) else {
        return Err(Refusal::no_token());
    };
    let account = accounts.iter().find(|account| account.token == token);
    let account = account.ok_or_else(|| Refusal::wrong_token(token))?;
    match text("openai-organization") {
        Some(named) if named != account.organization => Err(other_organization()),
        _ => Ok(account),
    }
}

fn other_organization() -> Refusal {
    let message = "OpenAI-Organization header should match organization for API key";
    let refusal = Refusal::missing("mismatched_organization", message);
    Refusal { status: StatusCode::UNAUTHORIZED, ..refusal }
}
