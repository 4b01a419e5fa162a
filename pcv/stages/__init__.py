"""One function per subcommand: check the input, build the parts, run them, write the result."""

from pcv.stages.data import People, describe, prepare, synthesise
from pcv.stages.evaluate import evaluate
from pcv.stages.job import Job
from pcv.stages.probe import probe
from pcv.stages.report import report
from pcv.stages.training import finetune, pretrain

__all__ = [
    "Job",
    "People",
    "describe",
    "evaluate",
    "finetune",
    "prepare",
    "pretrain",
    "probe",
    "report",
    "synthesise",
]
