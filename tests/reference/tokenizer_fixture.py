"""Writes what transformers makes of varied texts and conversations with the starter's tokenizer.

    python tests/reference/tokenizer_fixture.py STARTER.gguf \
        src-tauri/crates/engine/src/formats/hub/fixtures/starter_ids.json

transformers leaves out one step when it rebuilds this tokenizer from GGUF: the makers' tokenizer.json
(and llama.cpp's `smollm`) takes each digit alone first. That step is put back here.
"""

import json
import random
import sys
from pathlib import Path

from tokenizers import pre_tokenizers
from transformers import AutoTokenizer

SNIPPETS = [
    "Hello, world!", "I can't, won't, they'll, we've, I'd, you're, it's", "  two blanks  ", "\ttab\tand\t\ttabs",
    "line\nline\n\nline\r\n\r\n", "12345", "3.14159e-10", "٣٤٥ ½ ² Ⅷ", "0x7fff_ffff", "2026-11-23T02:00:00Z",
    "你好，世界。", "日本語のテキストです", "안녕하세요 세계", "Привет, мир", "שלום עולם", "مرحبا بالعالم",
    "नमस्ते दुनिया", "Ünïcödé çà et là", "🦀🚀👩‍👩‍👧‍👦🏳️‍🌈", "e\u0301 combining", "\u200bzero\u00a0width\ufeff",
    "def f(x):\n    return x ** 2  # square\n", "fn main() { println!(\"{}\", 1 + 1); }", "<div class=\"a\">&amp;</div>",
    "SELECT * FROM t WHERE a = 'b' AND c <> 7;", "{\"a\": [1, 2, {\"b\": null}]}", "https://example.org/a?b=c&d=%20#e",
    "a_b-c.d/e\\f", "CamelCaseAndSCREAMING_SNAKE", "!!!???...---===", "$€£¥ 100%", "<|im_start|>user\nhi<|im_end|>",
    "<|endoftext|>", "<|im_start", "\u0000\u0001\u007f", "x" * 70, " " * 40, "\n" * 7, "", " ",
]

CONVERSATIONS = [
    [("user", "Hi 12"), ("assistant", "Yes.")],
    [("system", "Answer in JSON."), ("user", "Where is my card?"), ("assistant", "{\"team\": \"cards\"}")],
    [("user", "eins"), ("assistant", "zwei 🦀"), ("user", "三\n\nquatre"), ("assistant", "fünf\n")],
    [("system", ""), ("user", "  blanks  "), ("assistant", " one blank in front")],
    [("user", "a"), ("assistant", "b"), ("tool", "42"), ("assistant", "c")],
]


def texts():
    chance = random.Random(3)
    alphabet = "abc XYZ 019 .,;'\"\n\t()[]{}<>|_-+*/=%&#@!?éßñ你好🦀ї"
    made = list(SNIPPETS)
    while len(made) < 200:
        if len(made) % 2:
            made.append("".join(chance.choice(alphabet) for _ in range(chance.randint(1, 40))))
        else:
            made.append(chance.choice([" ", "\n", ""]).join(chance.sample(SNIPPETS[:36], 2)))
    return made


def main(starter, out):
    starter = Path(starter)
    tokenizer = AutoTokenizer.from_pretrained(starter.parent, gguf_file=starter.name)
    backend = tokenizer.backend_tokenizer
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    conversations = []
    for turns in CONVERSATIONS:
        messages = [{"role": role, "content": content} for role, content in turns]
        ids = tokenizer.apply_chat_template(messages, return_dict=True)["input_ids"]
        question = tokenizer.apply_chat_template(messages[:-1], add_generation_prompt=True, return_dict=True)["input_ids"]
        conversations.append({"messages": messages, "ids": ids, "question": question})
    encoded = [[text, tokenizer(text, add_special_tokens=False)["input_ids"]] for text in texts()]
    rows = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in encoded)
    talks = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in conversations)
    Path(out).parent.mkdir(parents=True, exist_ok=True)
    Path(out).write_text(f'{{"texts":[\n{rows}\n],"conversations":[\n{talks}\n]}}\n', encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
