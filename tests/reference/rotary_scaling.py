"""Prints the rotary speeds of Llama 3.1 and 3.2 as transformers computes them.

`modeling_rope_utils._compute_llama3_parameters` (transformers 4.43 and later), written out with
Python's own numbers so that nothing must be installed. The engine's test holds its speeds against
these.
"""

import math

MODELS = {
    "Llama 3.1 8B": (128, 8.0),
    "Llama 3.2 1B": (64, 32.0),
}
BASE, LOW, HIGH, PLACES = 500_000.0, 1.0, 4.0, 8_192


def speed(pair: int, head_width: int, factor: float) -> float:
    plain = 1.0 / BASE ** (2 * pair / head_width)
    wavelength = 2 * math.pi / plain
    if wavelength < PLACES / HIGH:
        return plain
    if wavelength > PLACES / LOW:
        return plain / factor
    smooth = (PLACES / wavelength - LOW) / (HIGH - LOW)
    return (1 - smooth) * plain / factor + smooth * plain


for name, (head_width, factor) in MODELS.items():
    print(name)
    for pair in range(0, head_width // 2, head_width // 16):
        print(f"  ({pair}, {speed(pair, head_width, factor):.9e}),")
    middle = [speed(pair, head_width, factor) for pair in range(head_width // 2)]
    for pair, value in enumerate(middle):
        plain = 1.0 / BASE ** (2 * pair / head_width)
        if plain / factor < value < plain:
            print(f"  ({pair}, {value:.9e}),  # between")
