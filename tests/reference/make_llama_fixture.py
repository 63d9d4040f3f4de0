"""Makes `tests/data/llama-tiny`: a Llama small enough to commit, and what PyTorch computes with it.

The folder is laid out as models are on the model hub. The Rust tests compute the same losses, scores
and gradients with the engine's own code and compare. Nothing here is trained; every number comes from
a seed, so a second run writes the same bytes. It never touches a model that anybody uses.

    python tests/reference/make_llama_fixture.py
"""

import argparse
import json
import shutil
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from peft.utils import get_peft_model_state_dict
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM, AutoTokenizer

SEED = 3
VOCABULARY = 320
MARKS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
LINEAR_LAYERS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
RANK, ALPHA = 4, 8

# As files on the hub write it. One head is wider than `hidden_size / num_attention_heads`, which the
# format allows, so code that confuses the two cannot pass.
CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "attention_bias": False,
    "attention_dropout": 0.0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 2,
    "head_dim": 16,
    "hidden_act": "silu",
    "hidden_size": 32,
    "initializer_range": 0.02,
    "intermediate_size": 96,
    "max_position_embeddings": 128,
    "mlp_bias": False,
    "model_type": "llama",
    "num_attention_heads": 4,
    "num_hidden_layers": 2,
    "num_key_value_heads": 2,
    "rms_norm_eps": 1e-05,
    "rope_scaling": None,
    "rope_theta": 100000,
    "tie_word_embeddings": True,
    "torch_dtype": "float32",
    "use_cache": True,
    "vocab_size": VOCABULARY,
}

GENERATION = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 2}

CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)

# What the tokenizer's merges are learnt from: the roles, and words of the conversations below.
CORPUS = ["system user assistant " * 20, "the team answers the bill " * 10, "is it the parcel " * 6]

# Weights stand beside the answers: a whole answer may count less, or not at all.
CONVERSATIONS = [
    [
        ("system", "Name the team.", None),
        ("user", "the bill is 12,50 €", None),
        ("assistant", "the bill", 1.0),
    ],
    [
        ("user", "is it  here?", None),
        ("assistant", "no", 0.0),
        ("user", "parcel 7", None),
        ("assistant", "team 7", 0.5),
    ],
    [("user", "Ünï \t✓", None), ("assistant", "", 1.0)],
]

TEXTS = [
    "",
    " ",
    "the team",
    "  two  blanks and\nnew\r\nlines\t",
    "12345 and 6.70",
    "it's we'll THEY'RE",
    "naïve café – „quoted“ 你好 🙂",
    "a <|im_end|> inside<|im_start|>",
]


def main() -> None:
    root = Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=root / "tests/data/llama-tiny")
    folder = parser.parse_args().folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    write_tokenizer(folder)
    write_json(folder / "config.json", CONFIG)
    write_json(folder / "generation_config.json", GENERATION)
    write_weights(folder)
    write_expectations(folder)


def write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def write_tensors(path: Path, tensors: dict[str, torch.Tensor]) -> None:
    save_file(tensors, path, metadata={"format": "pt"})
    # safetensors keeps new files from everybody else.
    path.chmod(0o644)


def write_tokenizer(folder: Path) -> None:
    """A byte-level BPE of the kind that SmolLM2 has: single digits, then GPT-2's pattern."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[AddedToken(mark, special=True, normalized=False) for mark in MARKS],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    missing = VOCABULARY - tokenizer.get_vocab_size()
    # The corpus gives fewer merges than there is room for; the rest of the vocabulary is unused.
    tokenizer.add_tokens([AddedToken(f"<|unused_{n}|>", normalized=False) for n in range(missing)])
    tokenizer.save(str(folder / "tokenizer.json"))
    write_json(
        folder / "tokenizer_config.json",
        {
            "add_prefix_space": False,
            "bos_token": "<|im_start|>",
            "chat_template": CHAT_TEMPLATE,
            "clean_up_tokenization_spaces": False,
            "eos_token": "<|im_end|>",
            "model_max_length": 128,
            "pad_token": "<|im_end|>",
            "tokenizer_class": "PreTrainedTokenizerFast",
            "unk_token": "<|endoftext|>",
        },
    )


def write_weights(folder: Path) -> None:
    """Random weights, wide enough that scores differ and no gradient is tiny."""
    generator = torch.Generator().manual_seed(SEED)
    width, hidden, head = CONFIG["hidden_size"], CONFIG["intermediate_size"], CONFIG["head_dim"]
    queries, keys = CONFIG["num_attention_heads"] * head, CONFIG["num_key_value_heads"] * head

    def linear(rows: int, columns: int) -> torch.Tensor:
        return torch.randn(rows, columns, generator=generator) / columns**0.5

    def norm() -> torch.Tensor:
        return 1 + 0.2 * torch.randn(width, generator=generator)

    tensors = {"model.embed_tokens.weight": 0.3 * torch.randn(VOCABULARY, width, generator=generator)}
    for layer in range(CONFIG["num_hidden_layers"]):
        name = f"model.layers.{layer}."
        tensors |= {
            name + "input_layernorm.weight": norm(),
            name + "self_attn.q_proj.weight": linear(queries, width),
            name + "self_attn.k_proj.weight": linear(keys, width),
            name + "self_attn.v_proj.weight": linear(keys, width),
            name + "self_attn.o_proj.weight": linear(width, queries),
            name + "post_attention_layernorm.weight": norm(),
            name + "mlp.gate_proj.weight": linear(hidden, width),
            name + "mlp.up_proj.weight": linear(hidden, width),
            name + "mlp.down_proj.weight": linear(width, hidden),
        }
    tensors["model.norm.weight"] = norm()
    write_tensors(folder / "model.safetensors", tensors)


def write_expectations(folder: Path) -> None:
    """What PyTorch, transformers and PEFT make of the folder."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    rows = [conversation_row(tokenizer, conversation) for conversation in CONVERSATIONS]
    tensors: dict[str, torch.Tensor] = {}
    expected = {"rows": rows, "texts": texts(tokenizer), "chats": chats(tokenizer)}

    with torch.no_grad():
        loss, logits = mean_loss(model, rows)
    expected["base"] = {"loss": float(loss), "losses": one_by_one(model, rows)}
    tensors |= {f"base.logits.{index}": row for index, row in enumerate(logits)}
    expected["base"]["greedy"] = greedy(model, rows[0])

    adapted = with_adapters(model, folder / "adapter")
    loss, logits = mean_loss(adapted, rows)
    loss.backward()
    longest = max(range(len(rows)), key=lambda index: len(rows[index]["pieces"]))
    tensors[f"adapted.logits.{longest}"] = logits[longest].detach()
    gradients = {name: number.grad for name, number in adapted.named_parameters() if number.requires_grad}
    for name, gradient in get_peft_model_state_dict(adapted, state_dict=gradients).items():
        tensors[f"gradient.{name}"] = gradient
    expected["adapted"] = {
        "loss": float(loss.detach()),
        "losses": one_by_one(adapted, rows),
        "greedy": greedy(adapted, rows[0]),
    }
    write_tensors(folder / "expected.safetensors", {name: it.contiguous() for name, it in tensors.items()})
    # One line a thing: a list with one number a line would be read by nobody.
    lines = [f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in expected.items()]
    (folder / "expected.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def conversation_row(tokenizer, conversation: list) -> dict:
    """The pieces, and how much each one is learned: the answers with their end mark, nothing else."""
    pieces: list[int] = []
    weights: list[float] = []
    messages = []
    for role, content, weight in conversation:
        if role == "assistant":
            question = rendered(tokenizer, messages, asks=True)
            assert question[: len(pieces)] == pieces
            weights += [0.0] * (len(question) - len(pieces))
            pieces = question
        messages.append({"role": role, "content": content})
        whole = rendered(tokenizer, messages, asks=False)
        assert whole[: len(pieces)] == pieces
        # The template's new line behind the end mark is never written by a model.
        fresh = len(whole) - len(pieces)
        weights += [weight or 0.0] * (fresh - 1) + [0.0]
        pieces = whole
    return {"pieces": pieces, "weights": weights}


def rendered(tokenizer, messages: list, asks: bool) -> list[int]:
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=asks)
    return tokenizer.encode(text, add_special_tokens=False)


def texts(tokenizer) -> list[dict]:
    return [{"text": text, "pieces": tokenizer.encode(text, add_special_tokens=False)} for text in TEXTS]


def chats(tokenizer) -> list[dict]:
    """The template's words for each conversation, and for its question alone."""
    found = []
    for conversation in CONVERSATIONS:
        messages = [{"role": role, "content": content} for role, content, _ in conversation]
        whole = tokenizer.apply_chat_template(messages, tokenize=False)
        asked = tokenizer.apply_chat_template(messages[:-1], tokenize=False, add_generation_prompt=True)
        found.append({"messages": messages, "text": whole, "question": asked})
    return found


def mean_loss(model, rows: list[dict]) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """`sum(weight * loss) / sum(weight)` over all rows, and the scores of each."""
    total, weight, logits = torch.zeros(()), 0.0, []
    for row in rows:
        pieces, weights = torch.tensor(row["pieces"]), torch.tensor(row["weights"])
        scores = model(input_ids=pieces[None]).logits[0]
        losses = torch.nn.functional.cross_entropy(scores[:-1], pieces[1:], reduction="none")
        total = total + (losses * weights[1:]).sum()
        weight += float(weights[1:].sum())
        logits.append(scores)
    return total / weight, logits


@torch.no_grad()
def one_by_one(model, rows: list[dict]) -> list[float]:
    return [float(mean_loss(model, [row])[0]) for row in rows]


@torch.no_grad()
def greedy(model, row: dict) -> dict:
    """The likeliest next piece, sixteen times, behind the first half of a row."""
    pieces = row["pieces"][: len(row["pieces"]) // 2]
    written = list(pieces)
    for _ in range(16):
        written.append(int(model(input_ids=torch.tensor([written])).logits[0, -1].argmax()))
    return {"question": pieces, "answer": written[len(pieces) :]}


def with_adapters(model, folder: Path):
    """Adapters on every linear layer. B is not zero, or A would have no gradient."""
    torch.manual_seed(SEED + 1)
    config = LoraConfig(
        r=RANK,
        lora_alpha=ALPHA,
        lora_dropout=0.0,
        target_modules=LINEAR_LAYERS,
        task_type="CAUSAL_LM",
        base_model_name_or_path="llama-tiny",
    )
    adapted = get_peft_model(model, config)
    generator = torch.Generator().manual_seed(SEED + 2)
    with torch.no_grad():
        for name, number in adapted.named_parameters():
            if "lora_B" in name:
                number.copy_(0.1 * torch.randn(number.shape, generator=generator))
    adapted.peft_config["default"].base_model_name_or_path = "llama-tiny"
    adapted.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    (folder / "adapter_model.safetensors").chmod(0o644)
    # PEFT writes the set of layers in any order; a second run shall write the same bytes.
    path = folder / "adapter_config.json"
    written = json.loads(path.read_text(encoding="utf-8"))
    written["target_modules"] = sorted(written["target_modules"])
    written["base_model_name_or_path"] = "llama-tiny"
    write_json(path, written)
    return adapted.eval()


if __name__ == "__main__":
    main()
