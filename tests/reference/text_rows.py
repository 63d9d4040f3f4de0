"""Conversations as rows to train on or to test with: a model's own pieces, the answers learned.

    python text_rows.py --model MODEL.gguf --chats examples.jsonl --out rows.json
"""

import json

import common

ROWS_A_STEP = 4


def main() -> None:
    parser = common.arguments(__doc__.splitlines()[0])
    parser.add_argument("--chats", type=common.Path, required=True)
    parser.add_argument("--out", type=common.Path, required=True)
    wanted = parser.parse_args()
    tokenizer = common.load_tokenizer(wanted.model)
    lines = wanted.chats.read_text(encoding="utf-8").splitlines()
    rows = [row(tokenizer, json.loads(line)["messages"]) for line in lines]
    steps = [rows[at : at + ROWS_A_STEP] for at in range(0, len(rows), ROWS_A_STEP)]
    wanted.out.write_text(json.dumps({"steps": steps}), encoding="utf-8")
    common.show({"rows": len(rows)})


def row(tokenizer, messages: list[dict]) -> dict:
    """What stands before the answer counts nothing; the answer and the mark that ends it count 1."""
    whole = pieces(tokenizer, messages, is_open=False)
    asked = len(pieces(tokenizer, messages[:-1], is_open=True))
    return {"pieces": whole, "weights": [float(at >= asked) for at in range(len(whole))]}


def pieces(tokenizer, messages: list[dict], is_open: bool) -> list[int]:
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=is_open)
    return tokenizer(text, add_special_tokens=False)["input_ids"]


if __name__ == "__main__":
    main()
