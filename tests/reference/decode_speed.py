"""How fast transformers writes one answer, greedily, with its key and value cache.

    python decode_speed.py --model MODEL.gguf --prompt-tokens 256 --decode 128 --precision bf16
"""

import time

import common


def main() -> None:
    parser = common.arguments(__doc__.splitlines()[0])
    parser.add_argument("--prompt-tokens", type=int, default=256)
    parser.add_argument("--decode", type=int, default=128)
    parser.add_argument("--precision", choices=["bf16", "f32"], default="bf16")
    wanted = parser.parse_args()
    common.use_threads(wanted.threads)
    common.show(measure(wanted))


def measure(wanted) -> dict:
    import torch

    dtype = torch.bfloat16 if wanted.precision == "bf16" else torch.float32
    model = common.load_model(wanted.model, dtype).eval()
    # The same question that Attune's own measurement asks.
    prompt = torch.tensor([[100 + at * 7_919 % 200 for at in range(wanted.prompt_tokens)]])
    with torch.inference_mode():
        write(model, prompt, 8)  # the first call allocates
        prefill, decode, pieces = write(model, prompt, wanted.decode)
    return {
        "prefill_tokens_per_second": wanted.prompt_tokens / prefill,
        "decode_tokens_per_second": wanted.decode / decode,
        "pieces": pieces,
        "peak_memory_bytes": common.peak_memory_bytes(),
    }


def write(model, prompt, count: int) -> tuple[float, float, list[int]]:
    """Seconds for reading the prompt and for writing `count` pieces behind it, and the pieces."""
    start = time.perf_counter()
    said = model(input_ids=prompt, use_cache=True, logits_to_keep=1)
    piece = said.logits[:, -1:].argmax(-1)
    read = time.perf_counter()
    pieces = []
    for _ in range(count):
        pieces.append(piece.item())
        said = model(input_ids=piece, past_key_values=said.past_key_values, use_cache=True)
        piece = said.logits[:, -1:].argmax(-1)
    return read - start, time.perf_counter() - read, pieces


if __name__ == "__main__":
    main()
