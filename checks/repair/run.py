"""Run a repair: verify, plan, check the permissions, write, and verify again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from msgspec import structs

from checks.errors import INTERRUPTED, UncheckedError
from checks.interrupt import interruptible
from checks.kube.client import ApiClient
from checks.kube.concurrent import read_each
from checks.kube.reading import Permission, Read, ReadFailure
from checks.kube.resources import Document
from checks.repair.access import missing_permissions
from checks.repair.actions import SCHEMA, Action, Because, Left, Outcome, Report, left
from checks.repair.kinds import kind_of
from checks.repair.plan import Place, Plan, plan, wanted
from checks.repair.selection import about, chosen
from checks.repair.settling import Key, key, settle
from checks.repair.writing import interrupted, write
from checks.results.cluster_document import head
from checks.results.result import Finding, Ref, Remedy, Selection, Severity, Unknown
from checks.results.result import Report as Verification
from checks.target import Target
from checks.verification.verify import verify

ROLLOUTS = ("server.rollout", "deployment.rollout")
"""Findings that end by themselves."""
FIXED, LEFT, UNKNOWN = 0, 1, 3
"""Exit codes. 2 is bad usage."""


@dataclass(frozen=True)
class Repair:
    """A requested repair: its stack, checks and object, and its plan."""

    target: Target
    selection: Selection
    object: str | None
    plan: Plan
    unknowns: tuple[Unknown, ...]

    @property
    def place(self) -> Place:
        """Return the stack and the context."""
        return Place(self.target.stack, self.target.connection.context)

    async def verified(self) -> Verification:
        """Return a verification of the selected part, without probe pods."""
        connection = replace(self.target.connection, read_only=True)
        return await verify(self.target.stack, self.target.declaration, connection, Severity.ERROR, self.selection)

    def planned(self, *, dry_run: bool) -> Report:
        """Return the report of the plan."""
        actions = tuple(step.action for step in self.plan.steps)
        return self._report(actions, self.plan.left, self.unknowns, dry_run=dry_run)

    def lacking(self, permissions: tuple[Permission, ...]) -> Report:
        """Return the report of a repair that lacks permissions."""
        actions = tuple(step.action for step in self.plan.steps)
        return self._report(actions, self.plan.left, self.unknowns, missing=permissions)

    def done(self, actions: Iterable[Action], after: Verification | None) -> Report:
        """Return the report of the outcomes; `after` is the verification that followed, if there was one."""
        if after is None:
            return self._report(tuple(actions), self.plan.left, self.unknowns)
        some = tuple(actions)
        return self._report(some, self._left(after, some), after.unknowns)

    def _left(self, after: Verification, actions: Sequence[Action]) -> tuple[Left, ...]:
        known = {(entry.code, entry.object): entry for entry in self.plan.left}
        reported = {(code, action.object) for action in actions if not action.is_fixed for code in action.codes}
        return tuple(
            known.get(key(finding)) or _left(finding, self.place)
            for finding in about(after.findings, self.object)
            if key(finding) not in reported
        )

    def _report(
        self,
        actions: tuple[Action, ...],
        skipped: tuple[Left, ...],
        unknowns: tuple[Unknown, ...],
        *,
        dry_run: bool = False,
        missing: tuple[Permission, ...] = (),
    ) -> Report:
        return Report(
            **head(SCHEMA, self.target, exit_code(actions, skipped, unknowns, missing)),
            server=self.target.connection.host,
            dry_run=dry_run,
            actions=actions,
            left=skipped,
            gone=tuple(f"{finding.object}: {finding.message}" for finding in self.plan.gone),
            missing=missing,
            unknowns=unknowns,
        )


async def prepare(target: Target, selection: Selection, obj: str | None) -> Repair:
    """Verify, and plan what fixes the findings.

    Raises:
        UsageError: a selected check or object does not exist.
    """
    empty = Repair(target, selection, obj, Plan(), ())
    report = await empty.verified()
    findings = () if report.unknowns and not report.findings else chosen(report.findings, obj, target.declaration)
    async with target.connection.client() as client:
        live, failures = await _read(ApiClient(client), wanted(findings))
    unknowns = (*report.unknowns, *(Unknown.of(u) for u in failures))
    return replace(empty, plan=plan(empty.place, target.declaration, findings, live), unknowns=unknowns)


async def carry_out(repair: Repair) -> Report:
    """Carry out the plan if the account has all permissions for it, and verify again.

    After an interrupt the report has what was written until then.

    Raises:
        UncheckedError: the permissions of the account could not be reviewed.
    """
    steps = repair.plan.steps
    async with repair.target.connection.client() as client:
        api = ApiClient(client)
        lacking = await missing_permissions(api, steps)
        if isinstance(lacking, ReadFailure):
            raise UncheckedError(f"{lacking.message}: nothing was changed")
        if lacking:
            return repair.lacking(lacking)
        actions: list[Action] = []
        async with interruptible():
            async for some in write(api, steps):
                actions += some
            return await _settled(api, repair, actions)
    return structs.replace(repair.done(interrupted(steps, actions), None), exit_code=INTERRUPTED)


async def _settled(api: ApiClient, repair: Repair, actions: list[Action]) -> Report:
    """Return the report after the cluster has settled, or at once if the API server is unreachable."""
    if any(action.outcome in (Outcome.UNKNOWN, Outcome.NOT_DONE) for action in actions):
        return repair.done(actions, None)
    known = lasting(repair.plan.left, actions)

    def open_(report: Verification) -> bool:
        return any(key(finding) not in known for finding in about(report.findings, repair.object))

    written = list(zip(repair.plan.steps, actions, strict=True))
    actions, after = await settle(api, repair.verified, written, open_)
    return repair.done(actions, after)


def lasting(left: Iterable[Left], actions: Sequence[Action]) -> set[Key]:
    """Return the findings that no waiting ends: those that the repair leaves, and those that it could not fix.

    The rollout of a repaired object ends: the drift began one, and the repair another one in its place.
    """
    rolling = {(code, action.object) for code in ROLLOUTS for action in actions}
    refused = {(code, action.object) for action in actions if not action.is_fixed for code in action.codes}
    return {(entry.code, entry.object) for entry in left} - rolling | refused


def exit_code(
    actions: Iterable[Action], skipped: Iterable[Left], unknowns: Sequence[Unknown], missing: Sequence[Permission]
) -> int:
    """Return the exit code: first for actions that could not be tried, then for what is left, then for unknowns."""
    some = list(actions)
    if missing or any(action.outcome in (Outcome.UNKNOWN, Outcome.NOT_DONE) for action in some):
        return UNKNOWN
    if any(not action.is_fixed for action in some) or any(map(_counts, skipped)):
        return LEFT
    return UNKNOWN if unknowns else FIXED


def _counts(entry: Left) -> bool:
    """Return whether a finding that is left leads to exit code 1: all but warnings that only a person can fix."""
    return entry.severity is Severity.ERROR or entry.because is not Because.PERSON


def _left(finding: Finding, place: Place) -> Left:
    """Return the entry of a finding of the verification after the repair."""
    match finding.remedy:
        case Remedy.PULUMI:
            return left(finding, Because.PULUMI, place.pulumi)
        case Remedy.REPAIR:
            return left(finding, Because.PERSON, "run cortex repair again")
        case _:
            return left(finding, Because.PERSON, finding.hint)


async def _read(api: ApiClient, refs: Iterable[Ref]) -> tuple[Mapping[Ref, Document | None], list[ReadFailure]]:
    readings = await read_each(lambda ref: api.get(kind_of(ref), ref.namespace, ref.name), refs)
    live = {ref: reading.value for ref, reading in readings.items() if isinstance(reading, Read)}
    return live, [reading for reading in readings.values() if isinstance(reading, ReadFailure)]
