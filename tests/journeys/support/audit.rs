//! What the accessibility checker axe finds in the window.

use std::fmt::Write as _;
use std::sync::OnceLock;

use serde_json::Value;

use super::window::Window;

impl Window {
    /// What axe finds, one line a finding; nothing when all is well.
    #[track_caller]
    pub(crate) fn findings(&self) -> Vec<String> {
        // The page's own rules forbid every other way of getting a script in.
        self.must(
            self.wire.script(&format!("{}\nreturn typeof axe;", axe()), &Value::Array(vec![])),
        );
        self.settle();
        let report = self.must(self.wire.script_calling_back(
            "const done = arguments[arguments.length - 1];\
             axe.run(document, {resultTypes: ['violations'], rules: {'target-size': {enabled: true}}})\
               .then((report) => done(report.violations), (cause) => done(String(cause)));",
        ));
        let Value::Array(violations) = report else { panic!("axe did not run: {report}") };
        violations.iter().map(finding).collect()
    }

    /// Ends the test when axe finds anything.
    #[track_caller]
    pub(crate) fn is_accessible(&self) {
        let findings = self.findings();
        assert!(findings.is_empty(), "axe finds: {}", findings.join("\n"));
    }

    /// Waits until nothing moves any more: pictures and contrast of a half-faded view say nothing.
    #[track_caller]
    pub(crate) fn settle(&self) {
        const SETTLED: &str = "const moving = document.getAnimations().filter((one) => \
              one.playState === 'running' && one.effect?.getComputedTiming().iterations !== Infinity);\
            return document.fonts.status === 'loaded' && moving.length === 0;";
        self.wait_for(super::Wait::Usual, "the window to come to rest", SETTLED);
    }
}

fn finding(violation: &Value) -> String {
    let text = |name: &str| violation[name].as_str().unwrap_or_default();
    let mut line = format!("{} ({}): {}", text("id"), text("impact"), text("help"));
    for node in violation["nodes"].as_array().into_iter().flatten().take(5) {
        let summary = node["failureSummary"].as_str().unwrap_or_default().replace('\n', " ");
        let html = node["html"].as_str().unwrap_or_default();
        let _into_a_string = write!(line, "\n    {html}\n      {summary}");
    }
    line
}

fn axe() -> &'static str {
    static SOURCE: OnceLock<String> = OnceLock::new();
    SOURCE.get_or_init(|| {
        let file = super::checkout().join("ui/node_modules/axe-core/axe.min.js");
        std::fs::read_to_string(&file).unwrap_or_else(|_| {
            panic!("{} is missing: run `npm ci` in the folder `ui`", file.display())
        })
    })
}
