/** How each failure looks. The table is total: a new code does not compile without a place and a tone. */
import { formatBytes, formatCount, formatMemory, formatMicroUsd } from "../design/numbers";
import { formatDay } from "../design/time";
import type { Failure, FailureCode, Param } from "../generated/types";
import { hasMessage, tLoose, type Values } from "../messages/format";

/** Where it is said: where the person looks, or at the edge of the window. */
export type Place = "in-panel" | "beside-field" | "toast";
/** `notice`: not possible now. `problem`: broken. */
export type Tone = "notice" | "problem";

const presentations: Record<FailureCode, { place: Place; tone: Tone }> = {
  input_invalid: { place: "beside-field", tone: "problem" },
  library_open_elsewhere: { place: "in-panel", tone: "notice" },
  library_newer: { place: "in-panel", tone: "notice" },
  library_damaged: { place: "in-panel", tone: "problem" },
  library_no_access: { place: "in-panel", tone: "problem" },
  library_busy: { place: "toast", tone: "notice" },
  disk_full: { place: "in-panel", tone: "problem" },
  project_missing: { place: "in-panel", tone: "notice" },
  example_missing: { place: "in-panel", tone: "notice" },
  file_unreadable: { place: "in-panel", tone: "problem" },
  file_empty: { place: "in-panel", tone: "notice" },
  file_unsupported: { place: "in-panel", tone: "notice" },
  file_too_large: { place: "in-panel", tone: "notice" },
  file_forgotten: { place: "in-panel", tone: "notice" },
  import_nothing_usable: { place: "in-panel", tone: "notice" },
  import_stopped: { place: "toast", tone: "notice" },
  too_few_examples: { place: "in-panel", tone: "notice" },
  examples_not_usable: { place: "in-panel", tone: "notice" },
  training_already_runs: { place: "in-panel", tone: "notice" },
  run_missing: { place: "in-panel", tone: "notice" },
  run_not_in_state: { place: "toast", tone: "notice" },
  engine_missing: { place: "in-panel", tone: "problem" },
  engine_stopped: { place: "in-panel", tone: "problem" },
  engine_busy: { place: "in-panel", tone: "notice" },
  training_failed: { place: "in-panel", tone: "problem" },
  training_diverged: { place: "in-panel", tone: "problem" },
  training_diverged_kept: { place: "in-panel", tone: "notice" },
  training_disk_full: { place: "in-panel", tone: "notice" },
  training_disk_failed: { place: "in-panel", tone: "problem" },
  launch_unknown: { place: "in-panel", tone: "problem" },
  service_refused: { place: "in-panel", tone: "problem" },
  service_unreachable: { place: "in-panel", tone: "problem" },
  service_garbled: { place: "in-panel", tone: "problem" },
  model_files_missing: { place: "in-panel", tone: "notice" },
  model_file_broken: { place: "in-panel", tone: "problem" },
  tokenizer_broken: { place: "in-panel", tone: "problem" },
  model_unsupported: { place: "in-panel", tone: "notice" },
  model_without_template: { place: "in-panel", tone: "notice" },
  model_fetch_failed: { place: "in-panel", tone: "problem" },
  model_hash_wrong: { place: "in-panel", tone: "problem" },
  base_changed: { place: "in-panel", tone: "notice" },
  not_enough_memory: { place: "in-panel", tone: "notice" },
  not_enough_disk: { place: "in-panel", tone: "notice" },
  settings_impossible: { place: "beside-field", tone: "notice" },
  out_of_memory: { place: "in-panel", tone: "problem" },
  export_not_proven: { place: "in-panel", tone: "problem" },
  export_already_runs: { place: "toast", tone: "notice" },
  model_missing: { place: "in-panel", tone: "notice" },
  nothing_kept_aside: { place: "in-panel", tone: "notice" },
  test_already_runs: { place: "toast", tone: "notice" },
  question_too_long: { place: "in-panel", tone: "notice" },
  chat_busy: { place: "toast", tone: "notice" },
  port_busy: { place: "toast", tone: "problem" },
  no_display: { place: "toast", tone: "problem" },
  service_not_known: { place: "toast", tone: "problem" },
  service_missing: { place: "in-panel", tone: "notice" },
  service_exists: { place: "in-panel", tone: "notice" },
  service_works: { place: "in-panel", tone: "notice" },
  service_address_unusable: { place: "beside-field", tone: "problem" },
  service_not_there: { place: "beside-field", tone: "problem" },
  key_refused: { place: "beside-field", tone: "problem" },
  service_closed: { place: "in-panel", tone: "notice" },
  account_locked_out: { place: "in-panel", tone: "notice" },
  service_no_credit: { place: "in-panel", tone: "notice" },
  nothing_to_train_there: { place: "in-panel", tone: "notice" },
  model_ended: { place: "in-panel", tone: "notice" },
  send_too_large: { place: "in-panel", tone: "notice" },
  quote_outdated: { place: "in-panel", tone: "notice" },
  amount_differs: { place: "in-panel", tone: "notice" },
  ceiling_needed: { place: "in-panel", tone: "notice" },
  above_ceiling: { place: "in-panel", tone: "notice" },
  above_job_cap: { place: "in-panel", tone: "notice" },
  above_day_cap: { place: "in-panel", tone: "notice" },
  above_month_cap: { place: "in-panel", tone: "notice" },
  nothing_may_be_spent: { place: "in-panel", tone: "notice" },
  price_unknown: { place: "in-panel", tone: "notice" },
  order_too_old: { place: "in-panel", tone: "notice" },
  order_waits: { place: "in-panel", tone: "notice" },
  training_unheard: { place: "in-panel", tone: "notice" },
  launch_doubled: { place: "in-panel", tone: "problem" },
  stop_not_seen: { place: "toast", tone: "notice" },
  answers_cost_money: { place: "in-panel", tone: "notice" },
  key_unusable: { place: "beside-field", tone: "problem" },
  key_is_admin: { place: "beside-field", tone: "problem" },
  key_missing: { place: "in-panel", tone: "notice" },
  keyring_missing: { place: "in-panel", tone: "notice" },
  keyring_locked: { place: "in-panel", tone: "notice" },
  keyring_silent: { place: "in-panel", tone: "notice" },
  keyring_failed: { place: "in-panel", tone: "problem" },
  keyring_full: { place: "in-panel", tone: "notice" },
  keyring_garbled: { place: "in-panel", tone: "problem" },
  passphrase_wrong: { place: "beside-field", tone: "problem" },
  passphrase_unusable: { place: "beside-field", tone: "problem" },
  internal: { place: "toast", tone: "problem" },
};

export interface PresentedFailure {
  place: Place;
  tone: Tone;
  words: string;
  /** What the button that helps says, where the catalogue names one. */
  action: string | undefined;
  /** For the folded "Details". */
  detail: string | undefined;
}

/** What is needed and what is free are set side by side, so they are told more exactly than a size alone. */
function valueOf(name: string, param: Param): string | number {
  switch (param.kind) {
    case "count":
      return param.value;
    case "micro_usd":
      return formatMicroUsd(param.value);
    case "date":
      return formatDay(param.value);
    case "bytes":
      return name === "free" || name === "needed" ? formatMemory(param.value, name) : formatBytes(param.value);
    default:
      return param.value;
  }
}

export function valuesOf(params: Failure["params"]): Values {
  return Object.fromEntries(Object.entries(params).map(([name, param]) => [name, valueOf(name, param)]));
}

export function presentFailure(failure: Failure): PresentedFailure {
  const values = valuesOf(failure.params);
  const action = `failure.${failure.code}.action`;
  return {
    ...presentations[failure.code],
    words: tLoose(`failure.${failure.code}`, values),
    action: hasMessage(action) ? tLoose(action, values) : undefined,
    detail: failure.detail ?? undefined,
  };
}

/** What of the spending has to be looked at: a limit of the person's own, or a price that nobody told. */
export function wayOutInSpending({ code }: Failure): "limits" | "prices" | undefined {
  if (code === "price_unknown") return "prices";
  const isAboutLimits = code === "nothing_may_be_spent" || code === "above_job_cap" || code === "above_day_cap" || code === "above_month_cap";
  return isAboutLimits ? "limits" : undefined;
}

/** Whatever was thrown, as a failure: a mistake in the page itself is an internal one. */
export function asFailure(problem: unknown): Failure {
  if (typeof problem === "object" && problem !== null && "code" in problem && "params" in problem) {
    return problem as Failure;
  }
  return { code: "internal", params: {}, detail: problem instanceof Error ? problem.message : formatUnknown(problem) };
}

function formatUnknown(problem: unknown): string {
  return typeof problem === "number" ? formatCount(problem) : String(problem);
}
