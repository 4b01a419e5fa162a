"""A stage run once, or for several seeds and folds, and the result that is printed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pcv_cli import console, show

if TYPE_CHECKING:
    from pcv.stages.repeat import Again, Request


def run_jobs(
    run: Callable[..., Any], request: Request, again: Again, json: bool, **options: bool
) -> None:
    """Run a stage for every seed and fold that is asked for, and print the result or a table."""
    from pcv.stages.repeat import jobs
    from pcv.stages.report import report

    todo = jobs(request, again)
    for job in todo:
        title = request.stage if len(todo) == 1 else job.out.name
        with console.progress(title) as progress:
            result = run(job, progress=progress, **options)
    if again.seeds is None and again.folds is None:
        show.result(result, todo[0].out, json)
    else:
        show.report(report([job.out for job in todo], None)[0], json)
