"""A whole job on the fake training service, with the official Python SDK.

Its environment: ATTUNE_BASE_URL and ATTUNE_TOKEN of a fresh service, ATTUNE_FAKE_ROOT with the
controls that move its time. Ends 0 when every answer was as the SDK and OpenAI's guide expect it.
"""

import csv
import io
import json
import os
import sys
import urllib.request

import openai

BASE = os.environ["ATTUNE_BASE_URL"]
CONTROLS = os.environ["ATTUNE_FAKE_ROOT"]
client = openai.OpenAI(base_url=BASE, api_key=os.environ["ATTUNE_TOKEN"], max_retries=0, timeout=60)
jobs = client.fine_tuning.jobs


def advance(seconds):
    body = json.dumps({"seconds": seconds}).encode()
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(f"{CONTROLS}/advance", body, headers)
    # A proxy of the environment must never be asked for what is on this computer.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    assert opener.open(request).status == 200


def examples(count):
    def line(number):
        return json.dumps({"messages": [
            {"role": "system", "content": "Answer with one word."},
            {"role": "user", "content": f"What is word {number}?"},
            {"role": "assistant", "content": f"word-{number}"}]})

    return "".join(line(number) + "\n" for number in range(count)).encode()


def refused(kind, code, call, *arguments, **named):
    try:
        call(*arguments, **named)
    except kind as error:
        assert error.code == code, (error.code, code)
        return
    raise AssertionError(f"{call} was not refused")


def files():
    whole = client.files.create(
        file=("train.jsonl", examples(24)), purpose="fine-tune",
        expires_after={"anchor": "created_at", "seconds": 86_400})
    assert whole.expires_at == whole.created_at + 86_400
    content = examples(600)
    upload = client.uploads.upload_file_chunked(
        file=content, filename="watched.jsonl", bytes=len(content), purpose="fine-tune",
        mime_type="text/jsonl", part_size=20_000)
    assert upload.status == "completed" and upload.file.bytes == len(content)
    assert client.files.content(upload.file.id).content == content
    assert {file.id for file in client.files.list(purpose="fine-tune", limit=1)} == {
        whole.id, upload.file.id}
    return whole.id, upload.file.id


def train(training, watched):
    job = jobs.create(
        model="gpt-4o-mini", training_file=training, validation_file=watched, suffix="sdk", seed=7,
        metadata={"launch_id": "sdk-one", "app": "attune"},
        method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": "auto"}}})
    assert job.status == "validating_files" and job.metadata["launch_id"] == "sdk-one"
    assert [it.id for it in jobs.list(metadata={"launch_id": "sdk-one"})] == [job.id]
    assert list(jobs.list(metadata={"launch_id": "sdk-two"})) == []
    advance(70)
    running = jobs.retrieve(job.id)
    assert running.status == "running" and running.estimated_finish > running.created_at
    assert jobs.pause(job.id).status == "paused"
    advance(3_600)
    assert jobs.resume(job.id).status == "running"
    advance(86)
    done = jobs.retrieve(job.id)
    assert done.status == "succeeded" and done.trained_tokens > 0, done
    chosen = done.method.supervised.hyperparameters
    assert (chosen.n_epochs, chosen.batch_size) == (4, 1), chosen
    return done


def diary(job):
    seen = list(jobs.list_events(job.id, limit=9))
    assert len({event.id for event in seen}) == len(seen) == 104, len(seen)
    assert seen[-1].message == f"Created fine-tuning job: {job.id}"
    assert seen[0].message == "The job has successfully completed"
    metrics = [event.data for event in seen if event.type == "metrics"]
    assert len(metrics) == 96 and metrics[0]["train_loss"] < metrics[-1]["train_loss"]
    kept = list(jobs.checkpoints.list(job.id, limit=1))
    assert [it.step_number for it in kept] == [96, 72, 48]
    assert kept[0].metrics.full_valid_loss > 0
    table = client.files.content(job.result_files[0]).text
    rows = list(csv.DictReader(io.StringIO(table)))
    assert len(rows) == 96 and float(rows[-1]["valid_loss"]) > 0


def ask(model, question, **more):
    messages = [{"role": "user", "content": question}]
    return client.chat.completions.create(model=model, messages=messages, **more)


def answers(model):
    whole = ask(model, "What is word 5?", logprobs=True, top_logprobs=3)
    assert whole.choices[0].message.content == "word-5"
    assert len(whole.choices[0].logprobs.content[0].top_logprobs) == 3
    text, usage = "", None
    for chunk in ask(model, "What is word 5?", stream=True, stream_options={"include_usage": True}):
        usage = chunk.usage or usage
        text += "".join(choice.delta.content or "" for choice in chunk.choices)
    assert text == "word-5" and usage == whole.usage
    judged = client.moderations.create(input=["a bread knife", "[[violence]]"])
    assert [it.flagged for it in judged.results] == [False, True]


def cancel(training):
    other = jobs.create(model="gpt-4o-mini", training_file=training,
                        metadata={"launch_id": "sdk-other"})
    assert jobs.cancel(other.id).status == "cancelled"
    refused(openai.BadRequestError, "invalid_status", jobs.cancel, other.id)


def remove(model, *sent):
    assert client.models.retrieve(model).owned_by == "org-fake"
    assert client.models.retrieve("gpt-4o-mini").shutdown_date == "2027-01-14"
    assert client.models.delete(model).deleted
    refused(openai.NotFoundError, "model_not_found", ask, model, "x")
    for file in sent:
        assert client.files.delete(file).deleted
    refused(openai.NotFoundError, "file_not_found", client.files.retrieve, sent[0])
    refused(openai.BadRequestError, "file_not_found", jobs.create, model="gpt-4o-mini",
            training_file=sent[0])


def main():
    training, watched = files()
    job = train(training, watched)
    diary(job)
    answers(job.fine_tuned_model)
    cancel(training)
    remove(job.fine_tuned_model, training, watched)
    print("the whole job passed")


if __name__ == "__main__":
    sys.exit(main())
