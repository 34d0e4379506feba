"""Data that the tests of whole tasks make: small, of every kind of feature, and learnable only by the right wiring."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from PIL import Image

SHAPES = ("background", "square", "disc")


def shapes_with_masks(folder: Path, count: int, seed: int, side: int = 32) -> None:
    """images/N.png and masks/N.png: a square or a disc on noise; the mask is 0, 1 or 2, and 255 along its border."""
    generator = np.random.default_rng(seed)
    for name in ("images", "masks"):
        (folder / name).mkdir(parents=True)
    rows, columns = np.mgrid[:side, :side]
    for number in range(count):
        kind, radius = number % 2 + 1, int(generator.integers(5, 9))
        y, x = generator.integers(radius + 1, side - radius - 1, 2)
        away = np.maximum(abs(rows - y), abs(columns - x)) if kind == 1 else np.hypot(rows - y, columns - x)
        mask = np.where(away <= radius, kind, 0).astype(np.uint8)
        picture = generator.integers(0, 90, (side, side, 3)).astype(np.uint8)
        picture[mask > 0] += np.array([[120, 30, 30], [30, 120, 30]], np.uint8)[generator.integers(0, 2)]
        mask[(away > radius) & (away <= radius + 1)] = 255
        Image.fromarray(picture).save(folder / "images" / f"{number:03}.png")
        Image.fromarray(mask).save(folder / "masks" / f"{number:03}.png")


def faces(folder: Path, file: str, count: int, seed: int, side: int = 16) -> None:
    """A table of pictures: the colour says the gender, the brightness and the height say the age; some ages are -1."""
    generator = np.random.default_rng(seed)
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    with open(folder / file, "w", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(["path", "height", "weight", "smoker", "gender", "age"])
        for number in range(count):
            gender, light, height = int(generator.integers(2)), generator.random(), generator.random()
            picture = generator.integers(0, 40, (side, side, 3))
            picture[..., 0 if gender else 2] += int(60 + 150 * light)
            path = f"pictures/{Path(file).stem}-{number:03}.png"
            Image.fromarray(picture.astype(np.uint8)).save(folder / path)
            age = round(2 * light + height, 4) if generator.random() < 0.7 else -1
            row = [path, round(height, 4), round(generator.random(), 4), int(generator.integers(2))]
            writer.writerow([*row, ("female", "male")[gender], age])


def reviews(folder: Path, file: str, count: int, seed: int) -> None:
    """A table of sentences: good words make class 1, bad ones class 0, and `not` before a word turns it round."""
    generator = np.random.default_rng(seed)
    good, bad, filler = ("fine", "great", "lovely"), ("dull", "awful", "bleak"), [f"word{i}" for i in range(40)]
    vocabulary = ["<pad>", "<unk>", "not", *good, *bad, *filler[:30]]
    (folder / "words.txt").write_text("\n".join(vocabulary) + "\n")
    with open(folder / file, "w", newline="") as table:
        writer = csv.writer(table, delimiter="\t")
        writer.writerow(["sentence", "label"])
        for _ in range(count):
            words = list(generator.choice(filler, int(generator.integers(3, 8))))
            label, turned = int(generator.integers(2)), bool(generator.integers(2))
            word = str(generator.choice(good if bool(label) != turned else bad))
            place = int(generator.integers(len(words)))
            words[place:place] = ["not", word] if turned else [word]
            writer.writerow([" ".join(words), label])


def glyphs(folder: Path, classes: int, each: int, seed: int, side: int = 28) -> None:
    """A folder of white strokes on black for each class: one drawing, moved and made noisy anew for every picture.

    The drawings are the same for any seed, and their places and noise are not.
    """
    generator, hand = np.random.default_rng(seed), np.random.default_rng(0)
    for number in range(classes):
        (folder / f"glyph{number:02}").mkdir(parents=True)
        drawing = np.kron(hand.random((6, 6)) < 0.4, np.ones((3, 3)))
        for copy in range(each):
            picture = generator.random((side, side)) * 60
            y, x = generator.integers(2, side - 20, 2)
            picture[y : y + 18, x : x + 18] += drawing * 190
            Image.fromarray(picture.astype(np.uint8)).save(folder / f"glyph{number:02}" / f"{copy:02}.png")
