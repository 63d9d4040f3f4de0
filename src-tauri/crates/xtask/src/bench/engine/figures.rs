//! What the programs said, and the table made of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::{Contender, rows};
use crate::bench::{SectionError, timing};

/// What the losses are of, in their order.
const LOSS_NAMES: [&str; 3] =
    ["the model in f32", "with our adapter in f32", "with our adapter in bf16"];

/// Everything that was measured of one program.
#[derive(Debug, Default)]
struct Run {
    training: Vec<f64>,
    answering: Vec<f64>,
    peak_bytes: f64,
    first_loss: f64,
    kernel: Option<String>,
}

/// Everything that was measured.
#[derive(Debug, Default)]
pub(in crate::bench) struct Figures {
    runs: BTreeMap<Contender, Run>,
    /// Ours and theirs: of the model alone, then with the adapter that Attune trained, in f32 and in bf16.
    losses: Vec<(f64, f64)>,
    /// Seconds from the command to the first loss.
    first_loss: Option<f64>,
}

impl Figures {
    /// Takes what a training said: its steps' tokens a second, its most memory, its losses.
    pub(in crate::bench) fn add_training(
        &mut self,
        contender: Contender,
        said: &Value,
    ) -> Result<(), SectionError> {
        let rates = said["tokens_per_second"].as_array();
        let rates: Vec<f64> = rates.into_iter().flatten().filter_map(Value::as_f64).collect();
        let first_loss = number(said, said["losses"].get(0))?;
        let peak = number(said, said.get("peak_memory_bytes"))?;
        let run = self.runs.entry(contender).or_default();
        run.training.extend(rates);
        run.peak_bytes = run.peak_bytes.max(peak);
        run.first_loss = first_loss;
        run.kernel = said["kernel"].as_str().map(str::to_owned);
        Ok(())
    }

    /// Takes what an answer said: its tokens a second.
    pub(in crate::bench) fn add_answer(
        &mut self,
        contender: Contender,
        said: &Value,
    ) -> Result<(), SectionError> {
        let rate = number(said, said.get("decode_tokens_per_second"))?;
        self.runs.entry(contender).or_default().answering.push(rate);
        Ok(())
    }

    /// Takes the losses that both programs found with the same numbers on the same rows.
    pub(in crate::bench) fn add_losses(
        &mut self,
        ours: &Value,
        theirs: &Value,
    ) -> Result<(), SectionError> {
        let (ours, theirs) = (number(ours, ours.get("loss"))?, number(theirs, theirs.get("loss"))?);
        self.losses.push((ours, theirs));
        Ok(())
    }

    /// Takes the seconds from the command to the first loss that a person sees.
    pub(in crate::bench) fn add_first_loss(&mut self, seconds: f64) {
        self.first_loss = Some(seconds);
    }

    /// The tables: who did what, ours against theirs with the goals, and the losses.
    pub(in crate::bench) fn table(&self, rounds: usize, steps: usize) -> String {
        let kernels = [Contender::OursBf16, Contender::OursF32]
            .map(|it| self.runs.get(&it).and_then(|run| run.kernel.as_deref()).unwrap_or("?"));
        let mut text = format!(
            "SmolLM2-135M-Instruct, adapters of rank 8 on all linear layers, {} rows of {} tokens a step, \
             60 % of them learned, two threads each; {rounds} rounds in turn, {steps} steps each (fewer where \
             they take minutes). One answer of 128 tokens behind 256. Attune computes with {}.\n\n\
             | program | training, tokens a second, median (best) | most memory | answering, tokens a second, \
             median (best) | first loss |\n| --- | ---: | ---: | ---: | ---: |",
            rows::ROWS,
            rows::PIECES,
            kernels.join(" and "),
        );
        for (contender, run) in &self.runs {
            let training = median_and_best(&run.training);
            let answering = median_and_best(&run.answering);
            let gigabytes = run.peak_bytes / 1e9;
            let (name, loss) = (name(*contender), run.first_loss);
            write!(text, "\n| {name} | {training} | {gigabytes:.2} GB | {answering} | {loss:.5} |")
                .expect("writing to a String cannot fail");
        }
        text += "\n\n| ours against theirs | of medians | of bests | first goal |\n\
                 | --- | ---: | ---: | ---: |";
        text += &self.ratios();
        if let Some(seconds) = self.first_loss {
            write!(
                text,
                "\n| from `attune train` to the first real loss | {seconds:.1} s | | 5 s |"
            )
            .expect("writing to a String cannot fail");
        }
        text += "\n\n| loss on kept-aside messages | ours | PyTorch f32 | difference |\n\
                 | --- | ---: | ---: | ---: |";
        for ((ours, theirs), what) in self.losses.iter().zip(LOSS_NAMES) {
            let apart = (ours - theirs).abs();
            write!(text, "\n| {what} | {ours:.6} | {theirs:.6} | {apart:.0e} |")
                .expect("writing to a String cannot fail");
        }
        text
    }

    fn ratios(&self) -> String {
        use Contender::{OursBf16, OursF32, TorchBf16, TorchF32};
        let training: fn(&Run) -> &Vec<f64> = |run| &run.training;
        let answering: fn(&Run) -> &Vec<f64> = |run| &run.answering;
        let mut text = String::new();
        for (what, of, ours, theirs, goal) in [
            ("training, bf16 against PyTorch bf16", training, OursBf16, TorchBf16, "1.15x"),
            ("training, bf16 against PyTorch f32", training, OursBf16, TorchF32, "2.0x"),
            ("training, f32 against PyTorch f32", training, OursF32, TorchF32, ""),
            ("answering, bf16 against transformers bf16", answering, OursBf16, TorchBf16, "1.5x"),
            ("answering, bf16 against transformers f32", answering, OursBf16, TorchF32, ""),
        ] {
            let ratio = |of_values: fn(&[f64]) -> f64| {
                let value = |who| self.runs.get(&who).map_or(f64::NAN, |run| of_values(of(run)));
                times(value(ours) / value(theirs))
            };
            let (medians, bests) = (ratio(median), ratio(best));
            text += &format!("\n| {what} | {medians} | {bests} | {goal} |");
        }
        for theirs in [TorchBf16, TorchF32] {
            let peak = |who| self.runs.get(&who).map_or(f64::NAN, |run| run.peak_bytes);
            let ratio = times(peak(OursBf16) / peak(theirs));
            let goal = if theirs == TorchBf16 { "0.4x" } else { "" };
            let them = name(theirs);
            text += &format!("\n| most memory, bf16 against {them} | {ratio} | | {goal} |");
        }
        text
    }
}

fn name(contender: Contender) -> &'static str {
    match contender {
        Contender::OursBf16 => "Attune bf16",
        Contender::OursF32 => "Attune f32",
        Contender::TorchBf16 => "PyTorch bf16",
        Contender::TorchF32 => "PyTorch f32",
    }
}

fn number(said: &Value, field: Option<&Value>) -> Result<f64, SectionError> {
    let number = field.and_then(Value::as_f64);
    number.ok_or_else(|| SectionError::Unexpected { said: said.to_string() })
}

fn median(values: &[f64]) -> f64 {
    timing::median(values.to_vec())
}

fn best(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NAN, f64::max)
}

fn median_and_best(values: &[f64]) -> String {
    format!("{:.0} ({:.0})", median(values), best(values))
}

fn times(ratio: f64) -> String {
    if ratio.is_nan() { "-".to_owned() } else { format!("{ratio:.2}x") }
}
