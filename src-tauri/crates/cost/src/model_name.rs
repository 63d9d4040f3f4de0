//! Which model a name means.
//!
//! It must never guess: a name that has no known form is taken as it is.

/// The name of the model that a tuned one was made of; any other name as it is.
///
/// OpenAI names a tuned model `ft:gpt-4.1-mini-2025-04-14:org:suffix:id`, Azure
/// `gpt-4.1-mini-2025-04-14.ft-0123`.
pub(crate) fn base_of(model: &str) -> &str {
    let base = match model.strip_prefix("ft:") {
        Some(rest) => rest.split(':').next().unwrap_or(rest),
        None => model,
    };
    base.split_once(".ft-").map_or(base, |(base, _)| base)
}

#[cfg(test)]
mod tests {
    use super::base_of;

    #[test]
    fn a_tuned_model_leads_to_the_one_it_was_made_of() {
        assert_eq!(base_of("ft:gpt-4.1-mini-2025-04-14:org::id"), "gpt-4.1-mini-2025-04-14");
        assert_eq!(base_of("ft:gpt-4o:o:s:id:ckpt-step-80"), "gpt-4o");
        assert_eq!(base_of("gpt-4o-2024-08-06.ft-0a1b"), "gpt-4o-2024-08-06");
    }

    #[test]
    fn any_other_name_is_its_own() {
        for name in ["gpt-4o", "openai/gpt-oss-20b", "", "ft", "gpt-3.5-turbo", "ft-gpt-3.5"] {
            assert_eq!(base_of(name), name);
        }
    }
}
