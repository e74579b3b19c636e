"""The commands `cortex access`: what accounts may do, and who may do something."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from checks.cli.options import TEXT, Context, FormatOption, Kubeconfig, Output, Stack, application, target
from checks.cli.view import Shown, add_view, show

if TYPE_CHECKING:
    from checks.target import Target

app = application()


def _list(target: "Target") -> Shown:
    import anyio

    from checks.rbac.matrix import draw
    from checks.rbac.report import write

    report = anyio.run(draw, target)
    return report, partial(write, report)


def _risks(target: "Target") -> Shown:
    import anyio

    from checks.rbac.risks import risk_report, write

    report = anyio.run(risk_report, target)
    return report, partial(write, report)


add_view(
    app,
    "list",
    "Show the permissions of the accounts of a stack, as declared and live, and the ways to gain more.",
    _list,
)


@app.command("who-can")
def who_can(
    stack: Stack,
    verb: Annotated[str, typer.Argument(metavar="VERB", help="The verb, such as get.", show_default=False)],
    resource: Annotated[
        str,
        typer.Argument(
            metavar="RESOURCE",
            help="The resource, in plural: secrets, pods/exec, deployments.apps, or * for all.",
            show_default=False,
        ),
    ],
    namespace: Annotated[
        str, typer.Option("--namespace", "-n", help="The namespace; without it, who can in every namespace.")
    ] = "",
    name: Annotated[str, typer.Option("--name", help="The name of the object; without it, all objects.")] = "",
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    output_format: FormatOption = TEXT,
    output: Output = None,
) -> None:
    """Show every subject of the cluster that may do something, by which binding, role and rule.

    A subject that is limited to some objects is shown with their names. Each one is confirmed by the API server.

    Exit code: 0 shown, 2 bad usage, 3 something could not be checked.
    """
    import anyio

    from checks.rbac.who_can import who_can as ask
    from checks.rbac.who_can import write

    report = anyio.run(ask, target(stack, kubeconfig, context), verb, resource, namespace, name)
    show((report, partial(write, report)), output_format, output)


add_view(
    app,
    "risks",
    "Show who may read Secrets, run commands in pods, create them, or gain more permissions, and how.\n\n"
    "It is about the namespaces of a stack, and about permissions for the whole cluster.",
    _risks,
    "Exit code: 0 shown, 2 bad usage or a bad declaration, 3 something could not be checked.",
)


@app.command()
def review(
    stack: Stack,
    output: Annotated[
        Path | None,
        typer.Option(
            help="The new file; the default is access-reviews/STACK/TIME.json in the project.", show_default=False
        ),
    ] = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    output_format: FormatOption = TEXT,
) -> None:
    """Write a dated file of who has what in the namespaces of a stack and cluster-wide, and show what changed.

    It is compared with the newest other review of the stack in the folder of the file.

    Exit code: 0 written, nothing changed or there was no review, 1 written, something changed, 2 bad usage, 3 something
    could not be read, and nothing was written.
    """
    from datetime import UTC, datetime

    import anyio

    from checks.cli.project import root
    from checks.rbac.access_review import read_review, write
    from checks.rbac.review_files import last, new_file, require_new, save

    aim = target(stack, kubeconfig, context)
    now = datetime.now(UTC)
    file = output or new_file(root(Path.cwd()), stack, now)
    require_new(file)
    made = anyio.run(read_review, aim, last(file.parent, stack), now)
    save(made, file)
    show((made, partial(write, made, file)), output_format, None)
