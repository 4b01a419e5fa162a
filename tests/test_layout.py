"""The walls: who may import whom, what import costs, and that the tests mirror the package."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {  # lowest first
    "errors": set(),
    "version": set(),
    "progress": set(),
    "whole": set(),
    "regular_file": set(),
    "clip": set(),
    "plugins": {"errors"},
    "config": {"errors", "plugins", "regular_file"},
    "kernels": set(),
    "ops": {"errors", "kernels"},
    "data": {
        "clip",
        "config",
        "errors",
        "kernels",
        "plugins",
        "progress",
        "regular_file",
        "whole",
    },
    "synth": {"data", "errors", "kernels", "progress", "whole"},
    "nn": {"clip", "errors", "ops"},
    "render": {"errors"},
    "losses": {"errors"},
    "encoders": {"clip", "config", "errors", "nn", "ops", "plugins"},
    "objectives": {
        "clip",
        "config",
        "encoders",
        "errors",
        "losses",
        "nn",
        "ops",
        "plugins",
        "render",
    },
    "train": {"clip", "config", "errors", "regular_file", "whole"},
    "evaluate": {"clip", "config", "encoders", "errors", "nn", "objectives", "ops", "train"},
    "report": {"clip", "config", "errors", "train", "whole"},
    "doctor": {"config", "data", "errors", "ops", "plugins"},
}
OWNERS = ("config", "encoders", "objectives")  # whose types nobody else asks for
FORBIDDEN_NAMES = {"utils", "util", "common", "helpers", "base", "misc", "core", "manager"}
SOURCES = [*ROOT.glob("pcv/**/*.py"), *ROOT.glob("pcv_cli/**/*.py")]
BENCHMARKS = [*ROOT.glob("tests/benchmarks/*.py")]


def imports_of(file: Path) -> set[str]:
    """The parts of pcv that a file imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "pcv":
                names |= {alias.name for alias in node.names}
            elif node.module.startswith("pcv."):
                names.add(node.module.split(".")[1])
        elif isinstance(node, ast.Import):
            names |= {a.name.split(".")[1] for a in node.names if a.name.startswith("pcv.")}
    return names


@pytest.mark.parametrize("layer", MAY_IMPORT)
def test_layer_imports_only_what_stands_below_it(layer: str) -> None:
    for file in [*ROOT.glob(f"pcv/{layer}.py"), *ROOT.glob(f"pcv/{layer}/**/*.py")]:
        assert imports_of(file) <= MAY_IMPORT[layer] | {layer}, file


def test_every_part_of_the_package_has_a_place_in_the_order() -> None:
    parts = {p.stem for p in (ROOT / "pcv").iterdir() if p.suffix == ".py" or p.is_dir()}
    assert parts - set(MAY_IMPORT) - {"__init__", "__pycache__", "stages"} == set()


def test_the_command_line_reaches_the_package_through_stages() -> None:
    allowed = {
        "stages", "clip", "errors", "config", "data", "doctor", "progress", "report", "train",
            "version",
    }  # fmt: skip
    for file in ROOT.glob("pcv_cli/**/*.py"):
        assert imports_of(file) <= allowed, file


def test_nobody_asks_which_objective_encoder_or_section_it_is() -> None:
    """Each says what it does through its protocol; a switch on types would shut out new ones."""
    owner = {
        node.name: part
        for part in OWNERS
        for file in ROOT.glob(f"pcv/{part}/**/*.py")
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.ClassDef)
    }
    assert {"PSTNet", "PSTNetConfig", "Classify", "Supervised"} <= set(owner)
    for file in SOURCES:
        for node in ast.walk(ast.parse(file.read_text())):
            if not (isinstance(node, ast.Call) and ast.unparse(node.func) == "isinstance"):
                continue
            asked = {n.id for n in ast.walk(node.args[1]) if isinstance(n, ast.Name)} & set(owner)
            strange = {name for name in asked if owner[name] not in file.parts}
            assert not strange, f"{file}:{node.lineno}"


@pytest.mark.parametrize("file", SOURCES + BENCHMARKS, ids=lambda f: str(f.relative_to(ROOT)))
def test_no_file_is_a_drawer(file: Path) -> None:
    assert file.stem not in FORBIDDEN_NAMES
    assert len(file.read_text().splitlines()) <= 350


@pytest.mark.parametrize(
    ("module", "owner"),
    [
        ("zarr", {"store.py"}),
        ("open3d", set()),
        # scipy.io, .ndimage, .spatial and .sparse
        ("scipy", {"utd.py", "foreground.py", "kd_tree.py", "normals.py"}),
        ("PIL", {"depth_png.py", "jpeg.py", "pictures.py"}),
        ("av", {"movie.py"}),
        ("gsplat", {"gsplat_backend.py"}),
        ("transformers", {"image_teachers.py"}),
        ("spconv_triton", {"spconv_backend.py"}),
        ("fla", {"fla.py"}),
    ],
)
def test_an_awkward_dependency_is_imported_in_one_place(module: str, owner: set[str]) -> None:
    assert {file.name for file in importers(module)} <= owner


def test_numba_is_imported_by_kernels_and_by_what_counts_their_threads() -> None:
    others = {f for f in importers("numba") if f.parent != ROOT / "pcv" / "kernels"}
    assert others == {ROOT / "pcv" / "ops" / "threads.py"}


def importers(module: str) -> set[Path]:
    """The files that import a package, anywhere in them."""
    users = set()
    for file in SOURCES:
        for node in ast.walk(ast.parse(file.read_text())):
            found = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found += [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if any(name.split(".")[0] == module for name in found):
                users.add(file)
    return users


def test_nothing_unpickles_or_loads_unsafe_yaml() -> None:
    banned = (
        "import pickle",
        "weights_only=False",
        "allow_pickle=True",
        "yaml.load(",
        "eval(",
        "exec(",
    )
    for file in SOURCES:
        text = file.read_text().replace(".eval(", "").replace("model_validate(", "")
        assert not [word for word in banned if word in text], file


def test_tests_mirror_the_package() -> None:
    untested = []
    for file in SOURCES:
        relative = file.relative_to(ROOT)
        inside = relative if relative.parts[0] == "pcv_cli" else relative.relative_to("pcv")
        test = ROOT / "tests" / inside.parent / f"test_{file.name}"
        if file.stem not in ("__init__", "__main__") and not test.exists():
            untested.append(str(relative))
    assert untested == []


def test_benchmarks_are_listed_without_their_peers() -> None:
    """Every subject can be imported where no peer is installed, and the suite collects none."""
    peers = "('fpsample', 'torch_cluster', 'open3d', 'lmdb')"
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({peers}));"
        "sys.argv = ['benchmarks', '--list'];"
        "from tests.benchmarks.__main__ import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    subjects = {f.stem.removeprefix("bench_") for f in BENCHMARKS if f.stem.startswith("bench_")}
    assert {line.split()[0] for line in done.stdout.splitlines()} == subjects
    assert not [f for f in BENCHMARKS if f.stem.startswith("test_")]


def test_import_pcv_is_light() -> None:
    code = (
        "import sys, pcv, pcv.clip, pcv.config.recipe, pcv_cli.app;"
        "heavy = ('torch', 'zarr', 'numba', 'open3d', 'scipy', 'matplotlib');"
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_info_waits_for_no_heavy_import(store) -> None:
    code = (
        "import sys; from pcv_cli.app import app;"
        f"app(['info', {str(store.path)!r}], standalone_mode=False);"
        "heavy = ('torch', 'zarr', 'numba', 'open3d', 'scipy', 'matplotlib');"
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_list_of_datasets_waits_for_no_heavy_import() -> None:
    code = (
        "import sys; from pcv_cli.app import app;"
        "app(['prepare', '--help'], standalone_mode=False);"
        "heavy = ('torch', 'zarr', 'numba', 'open3d', 'scipy.ndimage', 'matplotlib');"
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_preparing_needs_no_torch() -> None:
    code = "import sys, pcv.data.prepare, pcv.data.raw; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
