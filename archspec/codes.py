"""What every diagnostic's code means; `python -m archspec.codes` writes docs/codes.md from it.

A code is never used again for anything else. The lint rules (AS4xx) say for themselves what they mean.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from archspec.compiler.rules import RULES

BANDS: dict[str, str] = {
    "AS0": "YAML",
    "AS1": "Sections, fields and names",
    "AS2": "Scopes, expressions, parameters",
    "AS3": "Graph and shapes",
    "AS4": "Lint rules",
    "AS5": "Expectations",
    "AS6": "Training and evaluation sections",
    "AS7": "Data, images, checkpoints, runs and ranks",
    "AS9": "Command line",
}
"""What the first digit says."""

CODES: dict[str, str] = {
    "AS001": "The file is not YAML.",
    "AS002": "A key is twice in one mapping.",
    "AS003": "A tab where YAML wants spaces.",
    "AS004": "The file is not UTF-8.",
    "AS005": "The file is larger than a spec can be.",
    "AS006": "The file is nested more deeply than a spec can be.",
    "AS007": "The file holds more values than a spec can, aliases written out.",
    "AS008": "An alias, tag or merge key that is not part of the language.",
    "AS009": "A key that is a list or a mapping.",
    "AS010": "A second document in one file.",
    "AS011": "The file is empty.",
    "AS012": "The file cannot be read.",
    "AS013": "A comma or bracket inside an unquoted expression within `{ }` or `[ ]`.",
    "AS015": "A colon without the space behind it.",
    "AS016": "A character that only looks like one that YAML wants.",
    "AS017": "A quote or bracket that is never closed.",
    "AS101": "A key, field, parameter or section that is not known here.",
    "AS102": "A value of the wrong kind, or outside its limits.",
    "AS103": "A value that has to be said and is not.",
    "AS104": "No operation, or one that does not exist.",
    "AS105": "Two operations in one layer.",
    "AS106": "A list of layers that is not one.",
    "AS107": "A layer without a name.",
    "AS108": "A hyperparameter or parameter whose declaration does not hold together.",
    "AS109": "A function that is not one, or is there twice.",
    "AS110": "A block without a body, or with keys that would do nothing.",
    "AS111": "A spec that is not a mapping of sections.",
    "AS112": "`change`, `insert` or `remove` without `extends`.",
    "AS113": "A file that is not there, or lies outside the folder of the spec.",
    "AS114": "Files that extend or embed each other in a circle.",
    "AS115": "A spec that extends another and has layers of its own.",
    "AS116": "A place to insert at that is none.",
    "AS117": "A change to a layer that the extended spec does not have.",
    "AS118": "A layer's name with letters that a name cannot have.",
    "AS119": "A key that would do nothing where it stands.",
    "AS120": "A main value that is said twice: behind the form's name and under its own.",
    "AS130": "A function whose parameters do not hold together.",
    "AS131": "A spec that the zoo does not have.",
    "AS132": "A chain of files that extend or embed one another, or of blocks that call one another, that is too long.",
    "AS133": "A setting of a value that is not there or cannot be set.",
    "AS134": "A name with letters that a name cannot have.",
    "AS135": "A hyperparameter that every variant of the extended spec sets.",
    "AS201": "An expression that cannot be read or computed.",
    "AS202": "`when` that is neither true nor false.",
    "AS203": "A default for something that does not exist.",
    "AS204": "A default for a field that its target does not have.",
    "AS205": "A scope that does not exist.",
    "AS206": "`repeat` and `table` on one layer.",
    "AS207": "`repeat` that is no number of copies.",
    "AS208": "A table that does not exist.",
    "AS209": "A table that is not one.",
    "AS210": "A parameter's or hyperparameter's value of the wrong type or outside its limits.",
    "AS211": "A block that does not exist.",
    "AS212": "A block that calls itself, directly or through others.",
    "AS213": "A variant that does not exist.",
    "AS214": "A setting of a hyperparameter that does not exist, or with a value that is not YAML.",
    "AS215": "A name in `names` for a layer that does not exist.",
    "AS216": "A default that reaches no layer in any variant.",
    "AS217": "A block that nothing calls.",
    "AS218": "A table that nothing uses.",
    "AS219": "A hyperparameter that nothing reads.",
    "AS220": "A scope that nothing uses.",
    "AS301": "Inputs whose shapes do not fit the operation.",
    "AS302": "Two layers, or two variables, of one name.",
    "AS303": "A reference to a layer or output that does not exist, or comes later.",
    "AS304": "A reference to a tensor that is not there in this variant.",
    "AS305": "A reference that may mean two layers.",
    "AS306": "Inputs in the wrong number, or by a name that is not an input's.",
    "AS307": "An `output_stride` that the layers' strides do not reach.",
    "AS308": "An `output_stride` over an operation that cannot be dilated.",
    "AS309": "Variables shared between layers that do not match.",
    "AS310": "A graph with more nodes than can be built.",
    "AS311": "An end point or path that is taken already.",
    "AS312": "A spec without layers.",
    "AS313": "A spec without inputs.",
    "AS314": "An input whose shape is not a list of sizes.",
    "AS320": "A mistake of archspec: no graph came of a spec in which nothing was found wrong.",
    "AS321": "A spec that asks for more work than a spec may: the place where the steps ran out.",
    "AS322": "A `from` that names nothing.",
    "AS323": "A column of a table that nothing reads, or that does nothing.",
    "AS380": "A line of a graph's text form that cannot be read.",
    "AS381": "A name in a graph's text form that nothing has.",
    "AS382": "A field's value in a graph's text form that does not fit.",
    "AS383": "Something that is twice in a graph's text form.",
    "AS384": "A line that is missing in a graph's text form.",
    "AS390": "A node that reads what is not made yet: a bug in archspec.",
    "AS391": "An end point that is not in the graph: a bug in archspec.",
    "AS392": "A node whose inputs do not fit it: a bug in archspec.",
    "AS393": "A node whose shape or dtype is not what it is said to be: a bug in archspec.",
    "AS501": "An expectation of something that is not counted.",
    "AS502": "An expected value that is neither a number nor a bound.",
    "AS503": "An expectation that does not hold.",
    "AS601": "A `train` section without a loss.",
    "AS602": "A schedule whose rates and boundaries do not match in number.",
    "AS603": "Training of a spec without a `train` section.",
    "AS604": "Nothing says how long to train.",
    "AS605": "A pattern in `train` that names no layer.",
    "AS606": "A loss or metric with the name of a column of the log.",
    "AS608": "A target that is no feature of the data, input or end point.",
    "AS609": "A loss or metric whose target is not said, and not clear.",
    "AS610": "A loss or metric that cannot work on the tensors or the target that it reads.",
    "AS611": "A loss that no variable which is trained leads to.",
    "AS612": "An input that no feature of the data feeds.",
    "AS613": "An input that the feature with its name does not fit.",
    "AS614": "A duration that lies beyond the training, or in a unit that it cannot have.",
    "AS615": "A layer that two optimizers train, or none.",
    "AS616": "A loss without an optimizer, or an optimizer without a loss.",
    "AS617": "`optimizer` and `optimizers` in one section.",
    "AS618": "A best checkpoint by a metric that is not there.",
    "AS619": "A preprocess step on a feature that it cannot work on.",
    "AS620": "A step that moves a picture and not the map that belongs to it.",
    "AS621": "A feature that no input or loss takes.",
    "AS622": "An embedding with fewer vectors than the feature that it reads has numbers.",
    "AS623": "A change of the rate, or an evaluation, that the training does not come to, or not in this order.",
    "AS624": "A batch of another size than what draws it or compares within it wants.",
    "AS630": "Evaluation of a network with nothing to measure.",
    "AS631": "Outputs of the network for classes that the data does not have.",
    "AS632": "A network whose weights are more than the machine's memory.",
    "AS634": "A run in the place of a spec, and no --resume.",
    "AS635": "An input of predict that names no pictures.",
    "AS636": "An output of predict in a format that is not known.",
    "AS638": "Data without a feature that the network, a loss or a metric needs.",
    "AS637": "Pictures that predict has left out.",
    "AS639": "Pictures that a network is trained and evaluated on.",
    "AS607": "Evaluation or prediction with a spec that has no `eval` section.",
    "AS700": "No data set is given, or none is known at that place.",
    "AS701": "A split that the data set does not have.",
    "AS702": "The cache cannot be written.",
    "AS703": "Files of the data set that are missing.",
    "AS704": "A file of the data set that is damaged.",
    "AS705": "A label outside the network's classes.",
    "AS706": "Shards of the data set that are missing.",
    "AS707": "A file that would take more memory than is allowed.",
    "AS708": "A folder of images that may be laid out otherwise than it seems.",
    "AS709": "A FIFO, socket or device where a file belongs.",
    "AS710": "An image that cannot be read.",
    "AS711": "A file that is not an image.",
    "AS712": "Preprocessing that cannot give what the network's input wants.",
    "AS713": "An image that does not fit a preprocessing step.",
    "AS714": "An array that is not as the network's input wants it.",
    "AS715": "A network whose inputs cannot be fed with pictures.",
    "AS716": "A record that does not hold what is wanted of it.",
    "AS717": "Features that a source of data cannot give.",
    "AS718": "A value in a table or array that its feature's kind does not have.",
    "AS719": "Files that belong together, of which one is missing.",
    "AS720": "A checkpoint that is not there, or is not one.",
    "AS721": "A checkpoint whose variables do not match the network's.",
    "AS722": "A checkpoint that is damaged.",
    "AS723": "A checkpoint that cannot be written.",
    "AS724": "A checkpoint that lacks values of this training.",
    "AS725": "A loss that is not finite in evaluation.",
    "AS726": "A metric of a tensor without classes.",
    "AS727": "A result that cannot be written.",
    "AS728": "A file of class names that does not fit.",
    "AS730": "A run's folder that cannot be written.",
    "AS731": "A run's folder that another training is writing.",
    "AS732": "A file of a run that is damaged.",
    "AS733": "A run's folder that holds a run already.",
    "AS734": "Nothing to resume.",
    "AS735": "A run that was trained with another spec or other settings.",
    "AS736": "A loss or gradient that is not finite in training.",
    "AS737": "A run's folder that another version of archspec has written.",
    "AS738": "Classes of the data that the run was not trained on.",
    "AS739": "A learning rate that jumps where training goes on.",
    "AS740": "Horovod is not there.",
    "AS741": "Ranks that differ in spec, settings or data.",
    "AS742": "A batch that cannot be divided evenly over the ranks.",
    "AS743": "Another rank has stopped.",
    "AS744": "Ranks that could not be started.",
    "AS745": "Ranks that were ended before they had saved.",
    "AS746": "Not enough memory for training.",
    "AS750": "A Python package that is not installed.",
    "AS751": "Code of another package that cannot be loaded.",
    "AS760": "Another package named archspec in the same environment.",
    "AS761": "A process that ended while TensorFlow was imported.",
    "AS762": "TensorFlow or Keras that is installed and cannot be loaded.",
    "AS771": "A map of names that is not there, or not well-formed.",
    "AS772": "A map of names that does not fit the weights.",
    "AS773": "Weights that would be written over what is there.",
    "AS774": "A kind of file that weights cannot be written as.",
    "AS902": "A number that must be more than 0.",
    "AS905": "A path that is not there, or holds no spec.",
    "AS906": "Something to explain that does not exist.",
    "AS907": "Something to look up that does not exist.",
    "AS908": "A word that no network of the zoo has.",
    "AS910": "`fmt --format` without `--check`.",
    "AS911": "A spec that cannot be written.",
    "AS912": "A spec that is not in its canonical layout.",
    "AS921": "A `--set` that is not NAME=VALUE.",
    "AS922": "A number that must be at least 1.",
    "AS923": "An array of inputs among other inputs.",
    "AS924": "`--endpoints` without `--output`.",
    "AS926": "A spec without the checkpoint that its weights come from.",
    "AS927": "Files or options of `checkpoint` that do not go together.",
    "AS925": "An end point that the network does not have.",
    "AS940": "A new spec that cannot be written where it should be.",
    "AS941": "A folder that holds no classes of pictures.",
}
"""What every code means that is not a lint rule's."""

_UNUSED = ("AS216", "AS217", "AS218", "AS219", "AS220", "AS323")
_SELDOM = ("AS135", "AS621", "AS623", "AS631", "AS639", "AS708", "AS722", "AS739", "AS912")
WARNINGS = frozenset({*_UNUSED, *_SELDOM, *(rule.CODE for rule in RULES)})
"""The codes of what can stand, and is seldom meant."""


def meanings() -> dict[str, str]:
    """Every code with its meaning, rules included, in order."""
    rules = {rule.CODE: " ".join((rule.__doc__ or "").partition("\n\n")[0].split()) for rule in RULES}
    return dict(sorted({**CODES, **rules}.items()))


def page() -> str:
    """docs/codes.md."""
    lines = [
        "# Codes",
        "",
        "Every finding has a code. It keeps its meaning from release to release, and no other finding ever gets it.",
        "All are errors but those marked as warnings. `archspec lint` ends with exit code 1 for either, and with 2 for",
        "wrong usage. This page is made by `bin/regen`.",
    ]
    known = meanings()
    for band, title in BANDS.items():
        lines += ["", f"## {band}xx: {title}", "", "| code | meaning |", "| --- | --- |"]
        lines += [f"| {code} | {_cell(code, text)} |" for code, text in known.items() if code.startswith(band)]
    lines += ["", "## The rules by example", ""]
    for rule in RULES:
        lines += [f"### {rule.CODE} {rule.NAME}", "", *(rule.__doc__ or "").strip().split("\n"), "", "Found:", ""]
        lines += ["```yaml", rule.BAD, "```", "", "Not found:", "", "```yaml", rule.GOOD, "```", ""]
    return "\n".join(lines).rstrip() + "\n"


def _cell(code: str, meaning: str) -> str:
    return f"warning: {meaning}" if code in WARNINGS else meaning


def main() -> int:
    """Write the page, or with --check say whether it is stale: 0 when written or up to date, else 1."""
    parser = argparse.ArgumentParser(prog="python -m archspec.codes", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the page is stale")
    check = parser.parse_args().check
    file, text = Path(__file__).parents[1] / "docs" / "codes.md", page()
    if file.is_file() and file.read_text("utf-8") == text:
        print(f"{file} is up to date")
        return 0
    if check:
        print(f"{file} is stale; run python -m archspec.codes", file=sys.stderr)
        return 1
    file.write_text(text, "utf-8")
    print(f"wrote {file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
