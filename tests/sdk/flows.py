"""The flows of OpenAI's guide to supervised fine-tuning, with the official Python SDK, against an
engine on this computer. Ends 0 when every answer was as the SDK and the guide expect it.

Its environment: ATTUNE_BASE_URL and ATTUNE_TOKEN, of an engine with an empty home folder.
"""

import csv
import io
import json
import math
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import openai

BASE = os.environ["ATTUNE_BASE_URL"]
TOKEN = os.environ["ATTUNE_TOKEN"]
PAIRS = [("ping", "pong"), ("hello there", "good day"), ("what colour", "it is blue")]
# A model so small that it trains in seconds.
SMALL = {"n_epochs": 40, "batch_size": 4, "learning_rate_multiplier": 5}
SHAPE = {"layers": 1, "width": 32, "heads": 2, "key_value_heads": 1, "hidden": 64,
         "context": 64, "window": 16, "vocabulary": 400, "dropout": 0.0}

client = openai.OpenAI(base_url=BASE, api_key=TOKEN, max_retries=0, timeout=120)


def examples(count):
    def line(question, answer):
        messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
        return json.dumps({"messages": messages})

    return "".join(line(*PAIRS[index % 3]) + "\n" for index in range(count)).encode()


def refused(kind, call, *arguments, code=None, **named):
    try:
        call(*arguments, **named)
    except kind as error:
        assert error.status_code // 100 == 4, error.status_code
        assert error.body["message"] and error.body["type"] == "invalid_request_error", error.body
        assert code is None or error.code == code, (error.code, code)
        return error
    raise AssertionError(f"{call} was not refused")


def files():
    content = examples(24)
    made = client.files.create(file=("train.jsonl", content), purpose="fine-tune")
    assert (made.object, made.bytes, made.filename) == ("file", len(content), "train.jsonl")
    assert made.id in [file.id for file in client.files.list()]
    assert client.files.retrieve(made.id).status == "processed"
    assert client.files.content(made.id).content == content
    more = [client.files.create(file=(f"{n}.jsonl", content), purpose="fine-tune") for n in range(3)]
    pages = client.files.list(limit=2)
    assert len(pages.data) == 2 and pages.has_more and len(list(pages)) == 4
    for file in more:
        assert client.files.delete(file.id).deleted
    refused(openai.NotFoundError, client.files.retrieve, more[0].id, code="file_not_found")
    refused(openai.BadRequestError, client.files.create, file=content, purpose="nonsense")
    refused(openai.BadRequestError, client.files.list, after="file-none")
    return made.id


def method(**hyperparameters):
    return {"type": "supervised", "supervised": {"hyperparameters": hyperparameters}}


def settled(job):
    deadline = time.monotonic() + 300
    while job.status not in ("succeeded", "failed", "cancelled"):
        assert time.monotonic() < deadline, job
        time.sleep(0.1)
        job = client.fine_tuning.jobs.retrieve(job.id)
    return job


def train(file):
    job = client.fine_tuning.jobs.create(
        model="lab", training_file=file, validation_file=file, suffix="sdk", seed=7,
        metadata={"launch_id": "one", "kind": "sdk"}, method=method(**SMALL, **SHAPE))
    assert job.object == "fine_tuning.job" and job.metadata["launch_id"] == "one"
    assert job.status in ("validating_files", "queued", "running"), job.status
    found = client.fine_tuning.jobs.list(metadata={"launch_id": "one"})
    assert [job.id for job in found.data] == [job.id]
    assert client.fine_tuning.jobs.list(metadata={"launch_id": "two"}).data == []
    done = settled(job)
    assert done.status == "succeeded", done.error
    assert done.trained_tokens > 0 and done.finished_at >= done.created_at
    chosen = done.method.supervised.hyperparameters
    assert (chosen.n_epochs, chosen.batch_size) == (40, 4), chosen
    return done


def events(job):
    seen = list(client.fine_tuning.jobs.list_events(job.id, limit=7))
    assert len({event.id for event in seen}) == len(seen), "an event came twice"
    times = [event.created_at for event in seen]
    assert times == sorted(times, reverse=True), "events come newest first"
    metrics = [event.data for event in seen if event.type == "metrics"]
    assert len(metrics) >= 20, len(metrics)
    steps = [data["step"] for data in metrics]
    assert steps == sorted(steps, reverse=True) and steps[0] == 240, steps[:3]
    assert all(math.isfinite(data["train_loss"]) for data in metrics)
    assert metrics[0]["train_loss"] < metrics[-1]["train_loss"]
    first = client.fine_tuning.jobs.list_events(job.id, limit=2)
    second = client.fine_tuning.jobs.list_events(job.id, limit=2, after=first.data[-1].id)
    assert first.has_more and [event.id for event in seen[2:4]] == [it.id for it in second.data]


def checkpoints(job):
    kept = list(client.fine_tuning.jobs.checkpoints.list(job.id, limit=1))
    assert len(kept) == 3, kept
    assert [it.step_number for it in kept] == sorted((it.step_number for it in kept), reverse=True)
    for it in kept:
        assert it.fine_tuning_job_id == job.id and it.metrics.valid_loss > 0, it
    answer = ask(kept[0].fine_tuned_model_checkpoint, "ping")
    assert answer.choices[0].message.role == "assistant"


def result_file(job):
    table = client.files.content(job.result_files[0]).text
    rows = list(csv.DictReader(io.StringIO(table)))
    columns = ["step", "train_loss", "train_accuracy", "valid_loss", "valid_mean_token_accuracy"]
    assert list(rows[0]) == columns, list(rows[0])
    checked = [float(row["valid_loss"]) for row in rows if row["valid_loss"]]
    assert len(rows) == 240 and rows[-1]["valid_loss"] and checked[-1] < checked[0], checked


def ask(model, question, **more):
    messages = [{"role": "user", "content": question}]
    return client.chat.completions.create(model=model, messages=messages, **more)


def chat(model):
    for question, answer in PAIRS:
        reply = ask(model, question, temperature=0)
        assert reply.choices[0].message.content == answer, reply
        assert reply.choices[0].finish_reason == "stop"
        assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens
    short = ask(model, "what colour", temperature=0, max_tokens=1)
    assert short.choices[0].finish_reason == "length" and short.usage.completion_tokens == 1


def streaming(model):
    for more in ({"temperature": 0}, {"temperature": 1.3, "top_p": 0.95, "seed": 11}):
        for question in ("hello there", "something never seen"):
            whole = ask(model, question, max_tokens=24, **more)
            text, finish, usage = "", None, None
            stream = ask(model, question, max_tokens=24, stream=True,
                         stream_options={"include_usage": True}, **more)
            for chunk in stream:
                usage = chunk.usage or usage
                for choice in chunk.choices:
                    text += choice.delta.content or ""
                    finish = choice.finish_reason or finish
            assert text == whole.choices[0].message.content, (text, whole)
            assert finish == whole.choices[0].finish_reason and usage == whole.usage


def log_probabilities(model):
    reply = ask(model, "hello there", temperature=0, logprobs=True, top_logprobs=5)
    content = reply.choices[0].logprobs.content
    assert content, reply
    for place in content:
        tops = place.top_logprobs
        assert len(tops) == 5 and sum(math.exp(top.logprob) for top in tops) <= 1 + 1e-6
        assert all(a.logprob >= b.logprob for a, b in zip(tops, tops[1:]))
        assert (place.token, place.logprob) == (tops[0].token, tops[0].logprob)
        assert bytes(place.bytes).decode(errors="replace") == place.token


def several_at_once(model):
    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(lambda n: ask(model, PAIRS[n % 3][0], temperature=0), range(18)))
    for index, reply in enumerate(replies):
        assert reply.choices[0].message.content == PAIRS[index % 3][1], reply


def refusals(file, model):
    jobs = client.fine_tuning.jobs
    invalid = "invalid_hyperparameters"
    for wrong in ({"heads": 7}, {"rank": 8}, {"n_epochs": 0}, {"nothing": 1}, {"window": 5}):
        refused(openai.BadRequestError, jobs.create, model="lab", training_file=file,
                method=method(**wrong), code=invalid)
    refused(openai.BadRequestError, jobs.create, model="gpt-4o", training_file=file,
            code="model_not_available")
    refused(openai.BadRequestError, jobs.create, model="lab", training_file="file-none",
            code="file_not_found")
    refused(openai.BadRequestError, ask, model, "x", temperature=3)
    refused(openai.BadRequestError, ask, model, "x", top_logprobs=3)
    refused(openai.BadRequestError, ask, "lab", "x", code="model_not_trained")
    refused(openai.NotFoundError, ask, "ft:none", "x", code="model_not_found")
    refused(openai.NotFoundError, jobs.retrieve, "ftjob-none", code="fine_tune_not_found")
    refused(openai.BadRequestError, jobs.list_events, client.fine_tuning.jobs.list().data[0].id,
            after="ftevent-none")
    stranger = openai.OpenAI(base_url=BASE, api_key="wrong", max_retries=0)
    refused(openai.AuthenticationError, stranger.models.list, code="invalid_api_key")


def newest_events(job):
    return client.fine_tuning.jobs.list_events(job.id, limit=20).data


def cancel(file):
    many = client.files.create(file=("many.jsonl", examples(4_000)), purpose="fine-tune").id
    job = client.fine_tuning.jobs.create(model="lab", training_file=many)
    waiting = client.fine_tuning.jobs.create(model="lab", training_file=file, suffix="next")
    assert waiting.status == "queued", waiting.status
    assert client.fine_tuning.jobs.cancel(waiting.id).status == "cancelled"
    while client.fine_tuning.jobs.retrieve(job.id).status != "running":
        time.sleep(0.05)
    asked = time.monotonic()
    client.fine_tuning.jobs.cancel(job.id)
    assert settled(job).status == "cancelled"
    print(f"cancelled in {time.monotonic() - asked:.2f} s")
    says_so = [it.type == "message" and "cancelled" in it.message for it in newest_events(job)]
    while True not in says_so:
        time.sleep(0.05)
        says_so = [it.type == "message" and "cancelled" in it.message for it in newest_events(job)]
    assert says_so[0], "it measured on after it was cancelled"
    refused(openai.BadRequestError, client.fine_tuning.jobs.cancel, job.id, code="invalid_status")
    pages = client.fine_tuning.jobs.list(limit=1)
    assert pages.has_more and len(list(pages)) == 3


def delete(model):
    assert model in [it.id for it in client.models.list()]
    assert client.models.retrieve(model).owned_by == "attune"
    assert client.models.delete(model).deleted
    refused(openai.NotFoundError, client.models.retrieve, model, code="model_not_found")
    refused(openai.NotFoundError, ask, model, "ping", code="model_not_found")


def main():
    file = files()
    job = train(file)
    events(job)
    checkpoints(job)
    result_file(job)
    model = job.fine_tuned_model
    chat(model)
    streaming(model)
    log_probabilities(model)
    several_at_once(model)
    refusals(file, model)
    cancel(file)
    delete(model)
    print("every flow passed")


if __name__ == "__main__":
    sys.exit(main())
