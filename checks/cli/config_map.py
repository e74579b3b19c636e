"""The commands `cortex config get`, `diff` and `watch`, about the ConfigMaps on the cluster of a stack."""

from functools import partial
from typing import Annotated

import typer

from checks.cli.options import TEXT, Context, FormatOption, Kubeconfig, Output, Stack, application, target
from checks.cli.view import show, show_line

app = application()

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="The name of the ConfigMap, or its key under cortex:configMaps.", show_default=False
    ),
]
Namespace = Annotated[
    str, typer.Option("--namespace", "-n", help="The namespace, if ConfigMaps of several have the name.")
]


@app.command()
def get(
    stack: Stack,
    name: Name,
    key: Annotated[str, typer.Argument(metavar="[KEY]", help="Show only the value of this key.")] = "",
    namespace: Namespace = "",
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    output_format: FormatOption = TEXT,
    output: Output = None,
) -> None:
    """Show the keys and values of a ConfigMap on the cluster, or one value as it is.

    Exit code: 0 shown, 2 bad usage, or there is no such ConfigMap or key, 3 the ConfigMaps could not be read.
    """
    import anyio

    from checks.config.live import content, find
    from checks.config.text import write_content, write_value

    aim = target(stack, kubeconfig, context)
    report = content(aim, anyio.run(find, aim, name, namespace), key)
    show((report, partial(write_value if key else write_content, report)), output_format, output)


@app.command()
def diff(
    stack: Stack,
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="Compare only this ConfigMap: its name, or its key.")
    ] = "",
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    output_format: FormatOption = TEXT,
    output: Output = None,
) -> None:
    """Compare the declared ConfigMaps with those on the cluster, key by key.

    Lines with a minus are declared, those with a plus are on the cluster.

    Exit code: 0 as declared, 1 they differ, 2 bad usage or a bad declaration, 3 something could not be read.
    """
    import anyio

    from checks.config.difference import diff_report
    from checks.config.text import write_diff

    report = anyio.run(diff_report, target(stack, kubeconfig, context), name)
    show((report, partial(write_diff, report)), output_format, output)


@app.command()
def watch(
    stack: Stack,
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="Follow only this ConfigMap: its name, or its key.")
    ] = "",
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    output_format: FormatOption = TEXT,
) -> None:
    """Follow the ConfigMaps of the stack's namespaces until interrupted: a line for each changed key.

    A file such as a.json or a.yaml that is not valid is told as such, at the start too. With the format json, each line
    is an object with the whole values.

    Exit code: 0 the reader of the output has gone, 2 bad usage or a bad declaration, 3 the ConfigMaps could not be
    read, 130 interrupted.
    """
    import anyio

    from checks.config import following

    def shown(line: following.Line) -> bool:
        return show_line(line, line.text(), output_format)

    def say(text: str) -> None:
        typer.echo(f"cortex: {text}", err=True)

    aim = target(stack, kubeconfig, context)
    anyio.run(following.follow, aim, lambda: target(stack, kubeconfig, context).connection, name, shown, say)
