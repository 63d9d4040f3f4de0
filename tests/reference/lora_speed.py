"""How fast PyTorch, transformers and PEFT train adapters, step by step, with their memory and losses.

    python lora_speed.py --model MODEL.gguf --batches batches.json --steps 6 --precision bf16

The adapters start from PEFT's own random A and from B = 0, so the first loss is the base model's, and
the losses behind it are comparable in size and not digit by digit.
"""

import time

import common


def main() -> None:
    parser = common.arguments(__doc__.splitlines()[0])
    parser.add_argument("--batches", type=common.Path, required=True)
    parser.add_argument("--steps", type=int, default=6, help="steps that count, behind the warm-up")
    parser.add_argument("--warm-up", type=int, default=1)
    parser.add_argument("--precision", choices=["bf16", "f32"], default="bf16")
    parser.add_argument(
        "--most-seconds",
        type=float,
        default=120,
        help="no step begins behind so many once one counted: bf16 takes minutes without AVX-512",
    )
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--save", type=common.Path, help="a folder for the adapter at the end")
    wanted = parser.parse_args()
    common.use_threads(wanted.threads)
    common.show(measure(wanted))


def measure(wanted) -> dict:
    import torch

    model = adapted(wanted)
    learned = [number for number in model.parameters() if number.requires_grad]
    optimiser = torch.optim.AdamW(learned, lr=wanted.learning_rate, weight_decay=0.01)
    steps = common.read_steps(wanted.batches)
    rates, losses = [], []
    begun = time.perf_counter()
    for index in range(wanted.warm_up + wanted.steps):
        if rates and time.perf_counter() - begun > wanted.most_seconds:
            break
        rows = steps[index % len(steps)]
        start = time.perf_counter()
        loss = train(model, optimiser, learned, rows, wanted.precision)
        seconds = time.perf_counter() - start
        losses.append(loss)
        if index >= wanted.warm_up:
            rates.append(common.places(rows) / seconds)
    if wanted.save:
        model.save_pretrained(wanted.save)
    return {
        "tokens_per_second": rates,
        "median": common.median(rates),
        "best": max(rates),
        "peak_memory_bytes": common.peak_memory_bytes(),
        "losses": losses,
    }


def adapted(wanted):
    import torch
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(0)
    model = common.load_model(wanted.model, torch.float32)
    model.config.use_cache = False
    config = LoraConfig(
        r=wanted.rank,
        lora_alpha=2 * wanted.rank,
        lora_dropout=0.0,
        target_modules=common.LINEAR_LAYERS,
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, config).train()


def train(model, optimiser, learned, rows: list[dict], precision: str) -> float:
    """One step as a trainer does it: padded rows, labels, clipped gradients, AdamW."""
    import torch

    batch = common.padded(rows)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16"):
        loss = model(input_ids=batch["ids"], attention_mask=batch["mask"], labels=batch["goals"]).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(learned, 1.0)
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)
    return loss.item()


if __name__ == "__main__":
    main()
