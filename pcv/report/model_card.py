"""The page that describes an exported model: only what its folder and its own run say."""

from __future__ import annotations

from typing import Any, NamedTuple

import yaml

from pcv.clip import CHANNEL_COLUMNS
from pcv.config.recipe import Recipe
from pcv.train.exported import ModelConfig
from pcv.train.run import RunResult

CHANNEL_TEXTS = {
    "colour": "red, green and blue of every point after its position, from 0 to 1",
    "normal": "the unit normal of every point, zeros where unknown",
}
EPOCH = "best_"  # before the scores of the best epoch, which are those of checkpoint `best`
# How the names of scores begin that are shown as percentages.
PERCENTAGES = ("accuracy", "mean_class_accuracy", "miou", "point_accuracy", "best_")


class About(NamedTuple):
    """What a card says of a task.

    In ``returns`` the fields ``{classes}``, ``{frames}`` and ``{points}``, and in ``command`` the
    field ``{name}``, are replaced by those of the model.
    """

    pipeline: str  # the model hub's name of the task
    does: str  # what follows the name of the encoder and "that"
    returns: str  # what a call of the model returns
    command: str  # the command line that uses the model


class Edition(NamedTuple):
    """What a card says of one export, besides the model."""

    name: str
    licence: str  # of the weights, as the hub names it
    checkpoint: str  # the exported one, whose scores are shown
    program: bool  # whether the folder holds a traced ``model.pt2``
    why_none: str = ""  # why there is no such program, if the encoder cannot be traced


def model_card(
    config: ModelConfig, recipe: Recipe, result: RunResult | None, edition: Edition, about: About
) -> str:
    """Return the card as Markdown, which begins with YAML that model hubs read.

    Args:
        config: The configuration in the exported folder.
        recipe: The recipe of the run.
        result: What the run measured; None while it is unfinished.
        edition: What is said of the export.
        about: What is said of the task.
    """
    name, licence, checkpoint = edition[:3]
    scores = measured(result, checkpoint) if result else {}
    head = _front(config, recipe, edition, about)
    if result and scores and result.n_scored is not None:
        head["model-index"] = [{"name": name, "results": [_entry(config, result, scores, about)]}]
    settings = yaml.safe_dump(recipe.model_dump(mode="json") | {"store": None}, sort_keys=False)
    sections = [
        f"# {name}",
        f"{recipe.encoder.title} that {about.does}. Trained with `pcv` {config.pcv_version} on "
        f"`{config.dataset}`. The licence of the weights is `{licence}`; that of the data they "
        "were trained on may set further terms.",
        "## Use",
        _use(config, recipe, edition, about),
        "## Input",
        _input(config, recipe),
        "## Results",
        _results(result, scores, checkpoint, "rooms" if config.scenes else "videos"),
        *(["## Classes", _classes(config)] if config.class_names else []),
        "## Recipe",
        f"```yaml\n{settings}```",
    ]
    return f"---\n{yaml.safe_dump(head, sort_keys=False)}---\n\n" + "\n\n".join(sections) + "\n"


def measured(result: RunResult, checkpoint: str) -> dict[str, float]:
    """Return those scores of a run that belong to the exported checkpoint."""
    of_best = {name: value for name, value in result.scores.items() if name.startswith(EPOCH)}
    if checkpoint == "best":
        return of_best
    return {name: value for name, value in result.scores.items() if name not in of_best}


def _front(config: ModelConfig, recipe: Recipe, edition: Edition, about: About) -> dict[str, Any]:
    return {
        "license": edition.licence,
        "library_name": "pcv",
        "pipeline_tag": about.pipeline,
        "tags": [
            "point-cloud",
            "point-cloud-scene" if config.scenes else "point-cloud-video",
            config.dataset,
            recipe.encoder.name,
        ],
    }


def _entry(
    config: ModelConfig, result: RunResult, scores: dict[str, float], about: About
) -> dict[str, Any]:
    split = "test" if result.fold is None else "validation"
    return {
        "task": {"type": about.pipeline},
        "dataset": {"name": config.dataset, "type": config.dataset, "split": split},
        "metrics": [{"type": key, "name": key, "value": value} for key, value in scores.items()],
    }


def _use(config: ModelConfig, recipe: Recipe, edition: Edition, about: About) -> str:
    name, rooms = edition.name, config.scenes
    values = 3 + 3 * len(_channels(recipe))
    clips = "regions" if rooms else "clips"
    shape = f"({clips}, {_frames(config, recipe)}, {recipe.data.points}, {values})"
    returns = about.returns.format(
        classes=len(config.class_names), frames=recipe.data.frames, points=recipe.data.points
    )
    lines = ["```python", "import pcv", "", f'model = pcv.from_pretrained("{name}")']
    lines += _call(config, recipe)
    lines += [f"found = model(points)  # {shape} float32 -> {returns}", "```"]
    if edition.why_none:
        lines += ["", edition.why_none]
    if edition.program:
        lines += [
            "", "Without `pcv`'s model code, with its operators:", "",
            "```python", "import torch", "import pcv.ops", "",
            f'model = torch.export.load("{name}/model.pt2").module()', "```", "",
            "It was traced on the CPU, for any number of clips.",
        ]  # fmt: skip
    command = about.command.format(name=name)
    return "\n".join([*lines, "", f"From the command line: `{command}`."])


def _call(config: ModelConfig, recipe: Recipe) -> list[str]:
    """Return the lines that predict for frames as they come; rooms have none."""
    if config.scenes or config.task not in ("classify", "segment"):
        return []
    extra = "".join(f", {CHANNEL_COLUMNS[name]}=..." for name in _channels(recipe))
    lines = ["# frames: an array (N, 3) in metres for every frame, prepared by the model itself"]
    if config.task == "classify":
        return [*lines, f"print(model.predict(frames{extra}).label)", "# points: prepared"]
    return [*lines, f"labels = [f.label for f in model.label_points(frames{extra})]",
            "# points: prepared"]  # fmt: skip


def _channels(recipe: Recipe) -> tuple[str, ...]:
    """Return the channels that the encoder reads besides positions."""
    return tuple(name for name in recipe.encoder.channels_read if name in CHANNEL_TEXTS)


def _frames(config: ModelConfig, recipe: Recipe) -> int:
    frames = recipe.data.frames
    return recipe.objective.segment_length(frames) if config.task == "encode" else frames


def _input(config: ModelConfig, recipe: Recipe) -> str:
    data = recipe.data
    centres = {
        "none": "not centred", "video": "centred on the mean point of their video",
        "clip": "centred on the mean point of their clip",
    }  # fmt: skip
    centre = centres[data.centre]
    if config.scenes:
        centre = centre.replace("video", "room").replace("clip", "region")
    unit = "metres" if data.scale == 1 else f"metres times {data.scale:g}"
    apart = f"{data.spacing:g} m apart" if data.spacing else "all there are"
    room = [
        f"- a region of a room: {data.points} points, {apart}, in farthest-point order",
        "- every point of a room gets its output from one region; in others it is only context",
    ]
    clip = [
        f"- frames: {_frames(config, recipe)} per clip, {_nth(data.interval)} of the recording",
        f"- points: {data.points} per frame, in farthest-point order from the first one",
    ]
    lines = [
        *(room if config.scenes else clip),
        f"- unit: {unit}, {centre}",
        f"- axes: {config.axes or 'not known'}",
    ]
    lines += [f"- {CHANNEL_TEXTS[name]}" for name in _channels(recipe)]
    if config.storage:
        step = "unrounded" if config.storage.step is None else f"steps of {config.storage.step:g} m"
        lines.append(f"- points are stored as {config.storage.dtype}, {step}, before ordering")
    return "\n".join(lines)


def _nth(interval: int) -> str:
    return "one after the other" if interval == 1 else f"one of every {interval}"


def _results(result: RunResult | None, scores: dict[str, float], checkpoint: str, what: str) -> str:
    if result is None:
        return "Nothing was measured: the run is unfinished."
    labels = "without labels" if result.stage == "pretrain" else _labels(result)
    about = (
        f"Stage {result.stage} of the recipe `{result.recipe}`, protocol {result.protocol}, seed "
        f"{result.seed}, {result.steps} steps, {labels}, from "
        f"{'random weights' if result.init == 'random' else 'pretrained weights'}. "
        f"The {checkpoint} checkpoint is exported."
    )
    if checkpoint == "best" and result.selection:
        about += f" It was chosen on {result.selection}."
    if not scores:
        return f"{about}\n\nThe run measured no score of this checkpoint."
    counted = ""
    if result.n_scored is not None and checkpoint == "last":
        kind = "test" if result.fold is None else f"held-out (fold {result.fold})"
        counted = f"{result.n_scored} of {result.n_in_split} {kind} {what} scored."
    kind = "score" if result.n_scored is not None else "last training value"
    rows = [f"| {name} | {_value(name, value)} |" for name, value in scores.items()]
    table = "\n".join([f"| {kind} | value |", "| --- | --- |", *rows])
    return "\n\n".join(part for part in (about, counted, table) if part)


def _labels(result: RunResult) -> str:
    if result.shots:
        return f"{result.shots} labelled videos per class"
    whole = result.label_fraction == 1
    return "all labels" if whole else f"{result.label_fraction:.0%} of the labels"


def _value(name: str, value: float) -> str:
    return f"{value:.2%}" if name.startswith(PERCENTAGES) else f"{value:.4g}"


def _classes(config: ModelConfig) -> str:
    return "\n".join(f"{number}. {name}" for number, name in enumerate(config.class_names))
