//! What templates of the field use, and what a hostile one may not do.

use expect_test::{Expect, expect};

use super::*;

fn said(speaker: Speaker, text: &str) -> Turn {
    Turn { speaker, text: text.to_owned(), weight: 0.0 }
}

#[track_caller]
fn check(source: &str, expected: &Expect) {
    let turns =
        [said(Speaker::System, "s"), said(Speaker::User, " q<&\" "), said(Speaker::Assistant, "a")];
    let shown = match Template::new(source, "<s>", "</s>").map(|it| it.render(&turns, true)) {
        Ok(Ok(text)) => text,
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string().lines().next().unwrap_or_default().to_owned(),
    };
    expected.assert_eq(&shown);
}

#[test]
fn the_words_of_templates_are_known() {
    check(
        "{% for message in messages %}\n    {% if loop.first %}{% continue %}{% endif %}\n{{ message['role'] }}:{{ message.content.strip() }}{{ eos_token }}{% endfor %}",
        &expect![[r#"user:q<&"</s>assistant:a</s>"#]],
    );
    check(
        "{{ bos_token }}{% if tools is not none %}tools{% endif %}{% if documents %}d{% endif %}",
        &expect!["<s>"],
    );
    check(
        "{{ {'a': [1, 'é<>'], 'b': none} | tojson }}",
        &expect![[r#"{"a": [1, "é<>"], "b": null}"#]],
    );
    check(
        "{{ [1] | tojson(indent=2) }}",
        &expect![[r#"
        [
          1
        ]"#]],
    );
    check("{%- generation -%} x {%- endgeneration -%}", &expect!["x"]);
    check("{{ messages[-1].content }}{{ messages[1:] | length }}", &expect!["a2"]);
    check("{{ strftime_now('%Y') | length }}", &expect!["4"]);
    check(
        "{% set ns = namespace(n='') %}{% for m in messages %}{% set ns.n = ns.n + m.role %}{% endfor %}{{ ns.n.split('use')[0] }}",
        &expect!["system"],
    );
}

/// The parts of Llama 3.2's template that single questions use, with a clock that is not there.
#[test]
fn the_template_of_llama_3_is_written_as_its_makers_write_it() {
    let source = r#"{{- bos_token }}
{%- if not date_string is defined %}
    {%- if no_clock is defined %}
        {%- set date_string = no_clock("%d %b %Y") %}
    {%- else %}
        {%- set date_string = "26 Jul 2024" %}
    {%- endif %}
{%- endif %}
{%- if not tools is defined %}
    {%- set tools = none %}
{%- endif %}
{#- The system message goes first. #}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\n\n" }}
{%- if tools is not none %}
    {{- "Environment: ipython\n" }}
{%- endif %}
{{- "Cutting Knowledge Date: December 2023\n" }}
{{- "Today Date: " + date_string + "\n\n" }}
{{- system_message }}
{{- "<|eot_id|>" }}
{%- for message in messages %}
    {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\n\n' }}
{%- endif %}
"#;
    check(
        source,
        &expect![[r#"
            <s><|start_header_id|>system<|end_header_id|>

            Cutting Knowledge Date: December 2023
            Today Date: 26 Jul 2024

            s<|eot_id|><|start_header_id|>user<|end_header_id|>

            q<&"<|eot_id|><|start_header_id|>assistant<|end_header_id|>

            a<|eot_id|><|start_header_id|>assistant<|end_header_id|>

        "#]],
    );
}

#[test]
fn a_template_can_refuse() {
    check(
        "{{ raise_exception('roles must alternate') }}",
        &expect!["the model's chat template refuses the messages: roles must alternate"],
    );
}

#[test]
fn broken_and_hostile_templates_end_in_words() {
    check(
        "{% for %}",
        &expect![
            "the file is broken: its chat template: syntax error: unexpected end of block, expected in (in chat:1)"
        ],
    );
    check(
        "{% for a in range(90000) %}{% for b in range(90000) %}{% endfor %}{% endfor %}",
        &expect!["the model's chat template refuses the messages: it does not come to an end"],
    );
    check(
        "{% macro again(x) %}{{ again(x) }}{% endmacro %}{{ again(1) }}",
        &expect!["the model's chat template refuses the messages: recursion limit exceeded"],
    );
    check(
        "{% for a in range(9000) %}{{ 'x' * 1000 }}{% endfor %}",
        &expect![
            "the model's chat template refuses the messages: it writes far more than it is given"
        ],
    );
    let nested = ["{{ ", &"(".repeat(5000), "1", &")".repeat(5000), " }}"].concat();
    check(
        &nested,
        &expect![
            "the file is broken: its chat template: syntax error: template exceeds maximum recursion limits (in chat:1)"
        ],
    );
    check(
        &"x".repeat((1 << 20) + 1),
        &expect!["the file is broken: its chat template is far too long"],
    );
    let strange = Template::new("{% include 'other' %}", "", "").unwrap();
    assert!(strange.render(&[], true).is_err(), "no template leads to another");
}
