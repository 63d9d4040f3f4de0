// The flows of OpenAI's guide to supervised fine-tuning, with the official Node SDK, against an
// engine on this computer. Ends 0 when every answer was as the SDK and the guide expect it.
//
// Its environment: ATTUNE_BASE_URL and ATTUNE_TOKEN, of an engine with an empty home folder.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

import OpenAI, { toFile } from "openai";

const base = { baseURL: process.env.ATTUNE_BASE_URL, maxRetries: 0, timeout: 120_000 };
const client = new OpenAI({ ...base, apiKey: process.env.ATTUNE_TOKEN });
const pairs = [
  ["ping", "pong"],
  ["hello there", "good day"],
  ["what colour", "it is blue"],
];
// A model so small that it trains in seconds.
const small = {
  n_epochs: 40,
  batch_size: 4,
  learning_rate_multiplier: 5,
  layers: 1,
  width: 32,
  dropout: 0,
};

function examples(count) {
  const line = ([question, answer]) =>
    JSON.stringify({
      messages: [
        { role: "user", content: question },
        { role: "assistant", content: answer },
      ],
    });
  return Array.from({ length: count }, (_, index) => `${line(pairs[index % 3])}\n`).join("");
}

const upload = async (count) =>
  (await client.files.create({ file: await toFile(Buffer.from(examples(count)), "a.jsonl"), purpose: "fine-tune" })).id;

const supervised = (hyperparameters) => ({ type: "supervised", supervised: { hyperparameters } });

const refused = (kind, code, call) =>
  assert.rejects(call, (error) => {
    assert.ok(error instanceof kind, `${error}`);
    assert.equal(error.code, code);
    return true;
  });

async function every(page) {
  const all = [];
  for await (const item of page) all.push(item);
  return all;
}

async function settled(id) {
  for (;;) {
    const job = await client.fineTuning.jobs.retrieve(id);
    if (["succeeded", "failed", "cancelled"].includes(job.status)) return job;
    await sleep(100);
  }
}

const ask = (model, content, more = {}) =>
  client.chat.completions.create({ model, messages: [{ role: "user", content }], ...more });

async function files() {
  const id = await upload(24);
  assert.equal((await client.files.retrieve(id)).status, "processed");
  assert.ok((await every(await client.files.list({ limit: 1 }))).some((file) => file.id === id));
  assert.equal(await (await client.files.content(id)).text(), examples(24));
  const other = await upload(12);
  assert.equal((await client.files.delete(other)).deleted, true);
  await refused(OpenAI.NotFoundError, "file_not_found", () => client.files.retrieve(other));
  return id;
}

async function train(file) {
  const { jobs } = client.fineTuning;
  const made = await jobs.create({
    model: "lab",
    training_file: file,
    validation_file: file,
    suffix: "node",
    seed: 7,
    metadata: { launch_id: "node" },
    method: supervised(small),
  });
  const found = await jobs.list({ metadata: { launch_id: "node" } });
  assert.deepEqual(found.data.map((job) => job.id), [made.id]);
  assert.equal((await jobs.list({ metadata: { launch_id: "other" } })).data.length, 0);
  const job = await settled(made.id);
  assert.equal(job.status, "succeeded", JSON.stringify(job.error));
  const events = await every(await jobs.listEvents(job.id, { limit: 9 }));
  const metrics = events.filter((event) => event.type === "metrics");
  assert.ok(metrics.length >= 20, `${metrics.length} metrics`);
  assert.equal(metrics[0].data.step, 240);
  const kept = await every(await jobs.checkpoints.list(job.id, { limit: 2 }));
  assert.equal(kept.length, 3);
  assert.ok(kept.every((checkpoint) => checkpoint.metrics.valid_loss > 0));
  const table = await (await client.files.content(job.result_files[0])).text();
  assert.equal(table.trim().split("\n").length, 241);
  return job.fine_tuned_model;
}

async function chat(model) {
  for (const [question, answer] of pairs) {
    const reply = await ask(model, question, { temperature: 0 });
    assert.equal(reply.choices[0].message.content, answer);
    assert.equal(reply.choices[0].finish_reason, "stop");
  }
  for (const more of [{ temperature: 0 }, { temperature: 1.2, seed: 3 }]) {
    const whole = await ask(model, "hello there", { max_tokens: 24, ...more });
    let text = "";
    for await (const chunk of await ask(model, "hello there", { max_tokens: 24, stream: true, ...more })) {
      text += chunk.choices[0]?.delta?.content ?? "";
    }
    assert.equal(text, whole.choices[0].message.content);
  }
  const likely = await ask(model, "ping", { temperature: 0, logprobs: true, top_logprobs: 4 });
  for (const place of likely.choices[0].logprobs.content) {
    const sum = place.top_logprobs.reduce((total, top) => total + Math.exp(top.logprob), 0);
    assert.ok(sum <= 1 + 1e-6 && place.top_logprobs.length === 4);
    assert.equal(place.top_logprobs[0].token, place.token);
  }
  const several = await Promise.all(Array.from({ length: 12 }, (_, n) => ask(model, pairs[n % 3][0])));
  several.forEach((reply, n) => assert.equal(reply.choices[0].message.content, pairs[n % 3][1]));
}

async function refusals(file, model) {
  const create = (more) => () => client.fineTuning.jobs.create({ model: "lab", training_file: file, ...more });
  await refused(OpenAI.BadRequestError, "invalid_hyperparameters", create({ method: supervised({ heads: 7 }) }));
  await refused(OpenAI.BadRequestError, "model_not_available", create({ model: "gpt-4o" }));
  await refused(OpenAI.BadRequestError, "invalid_value", () => ask(model, "x", { temperature: 3 }));
  await refused(OpenAI.NotFoundError, "fine_tune_not_found", () => client.fineTuning.jobs.retrieve("ftjob-none"));
  const stranger = new OpenAI({ ...base, apiKey: "wrong" });
  await refused(OpenAI.AuthenticationError, "invalid_api_key", () => stranger.models.list());
}

async function cancel() {
  const many = await upload(4_000);
  const job = await client.fineTuning.jobs.create({ model: "lab", training_file: many });
  await client.fineTuning.jobs.cancel(job.id);
  assert.equal((await settled(job.id)).status, "cancelled");
}

async function remove(model) {
  assert.ok((await every(await client.models.list())).some((it) => it.id === model));
  assert.equal((await client.models.delete(model)).deleted, true);
  await refused(OpenAI.NotFoundError, "model_not_found", () => client.models.retrieve(model));
}

const file = await files();
const model = await train(file);
await chat(model);
await refusals(file, model);
await cancel();
await remove(model);
console.log("every flow passed");
