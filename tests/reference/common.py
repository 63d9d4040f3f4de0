"""What the reference scripts share: loading a model, reading batches, memory, threads.

They do what people do today with PyTorch, transformers and PEFT, and nothing cleverer or clumsier.
"""

import argparse
import json
import os
import resource
import statistics
import sys
from pathlib import Path

LINEAR_LAYERS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
# The index of a place without a goal, as PyTorch's cross-entropy has it.
NO_GOAL = -100


def arguments(about: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--model", type=Path, required=True, help="a GGUF file or a folder")
    parser.add_argument("--threads", type=int, default=2)
    return parser


def use_threads(count: int) -> None:
    """Before torch is first imported: its thread pools read the environment once."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(count)
    import torch

    torch.set_num_threads(count)


def load_model(path: Path, dtype):
    """The model with PyTorch's fused attention. Never asks the network."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained
    return model(**place(path), dtype=dtype, attn_implementation="sdpa")


def load_tokenizer(path: Path):
    """The model's own pieces and its own form of a conversation. Never asks the network."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(**place(path))


def place(path: Path) -> dict:
    """Where transformers finds a GGUF file or a folder."""
    if path.is_file():
        return {"pretrained_model_name_or_path": path.parent, "gguf_file": path.name}
    return {"pretrained_model_name_or_path": path}


def read_steps(path: Path) -> list[list[dict]]:
    return json.loads(path.read_text(encoding="utf-8"))["steps"]


def padded(rows: list[dict]) -> dict:
    """One step's rows filled up to the longest, as data collators do."""
    import torch

    length = max(len(row["pieces"]) for row in rows)
    shape = (len(rows), length)
    ids, mask = torch.zeros(shape, dtype=torch.long), torch.zeros(shape, dtype=torch.long)
    goals, weights = torch.full(shape, NO_GOAL), torch.zeros(shape)
    for at, row in enumerate(rows):
        count = len(row["pieces"])
        ids[at, :count] = torch.tensor(row["pieces"])
        mask[at, :count] = 1
        weights[at, :count] = torch.tensor(row["weights"])
        goals[at, :count] = torch.where(weights[at, :count] > 0, ids[at, :count], NO_GOAL)
    # The first piece is nobody's goal.
    goals[:, 0], weights[:, 0] = NO_GOAL, 0.0
    return {"ids": ids, "mask": mask, "goals": goals, "weights": weights}


def places(rows: list[dict]) -> int:
    """Pieces that somebody wrote; padding is no work done."""
    return sum(len(row["pieces"]) for row in rows)


def peak_memory_bytes() -> int:
    """The most memory this process ever held. The system counts it in KiB, on macOS in bytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def show(figures: dict) -> None:
    print(json.dumps(figures))


def median(values: list[float]) -> float:
    return statistics.median(values)
