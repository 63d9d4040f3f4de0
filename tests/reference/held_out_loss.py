"""The loss of a model, alone or with an adapter folder, on given rows: in f32, row by row, no padding.

    python held_out_loss.py --model MODEL.gguf --adapter FOLDER --batches rows.json

An adapter that Attune trained and saved must give the loss here that it gives in Attune.
"""

import common


def main() -> None:
    parser = common.arguments(__doc__.splitlines()[0])
    parser.add_argument("--adapter", type=common.Path)
    parser.add_argument("--batches", type=common.Path, required=True)
    wanted = parser.parse_args()
    common.use_threads(wanted.threads)
    common.show({"loss": loss(wanted)})


def loss(wanted) -> float:
    """`sum(weight * -ln p) / sum(weight)` over every row of every step."""
    import torch

    model = common.load_model(wanted.model, torch.float32)
    if wanted.adapter:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, wanted.adapter)
    model.eval()
    total = weight = 0.0
    for row in (row for step in common.read_steps(wanted.batches) for row in step):
        pieces, weights = torch.tensor(row["pieces"]), torch.tensor(row["weights"])
        with torch.inference_mode():
            scores = model(input_ids=pieces[None]).logits[0, :-1].float()
        losses = torch.nn.functional.cross_entropy(scores, pieces[1:], reduction="none")
        total += float((losses.double() * weights[1:]).sum())
        weight += float(weights[1:].sum())
    return total / weight


if __name__ == "__main__":
    main()
