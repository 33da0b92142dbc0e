"""A cluster does what one machine does, to the byte, whatever becomes of its machines.

The cluster has two nodes with a core each, both on this machine. Nodes are killed as a machine is that loses its
power. What does not need a cluster is tested without.
"""

import io
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_bad_input import tree
from test_resume import Fatal, Stops, _lost, box, clean, rules, small_tasks, text  # noqa: F401 - fixtures

from cleaner.cli import main
from cleaner.engines import groups as grouping
from cleaner.engines.groups import groups
from cleaner.engines.node import Done, Failed, Reach, opens, read, row, rows
from cleaner.engines.ray import ClusterError, Ray, _checked, _in_order
from cleaner.errors import ConfigError, RuleFileError
from cleaner.formats.jsonl import Fields
from cleaner.formats.read import Item
from cleaner.formats.sources import Source, plan
from cleaner.tasks import Selection, Task, Work


@pytest.fixture(scope="module")
def cluster() -> Iterator:
    """Two nodes, this process on the first. They take a dead one for dead sooner than is usual."""
    ray = pytest.importorskip("ray", reason="needs Ray: pip install 'cleaner[ray]'")
    from ray.cluster_utils import Cluster

    def small() -> None:
        from cleaner import tasks

        tasks.TASK_ITEMS = 2

    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_BACKEND_LOG_LEVEL": "fatal"}
    quick = {"health_check_initial_delay_ms": 0, "health_check_period_ms": 1000, "health_check_failure_threshold": 3}
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "_system_config": quick})
    made.add_node(num_cpus=1)
    known = {"PYTHONPATH": str(Path(__file__).parent)}
    environment = {"worker_process_setup_hook": small, "env_vars": known}
    ray.init(made.address, log_to_driver=False, logging_level="ERROR", runtime_env=environment)
    yield made
    ray.shutdown()
    made.shutdown()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--ray-address", "auto"], "--ray-address goes with --engine ray"),
        (["--engine", "ray", "--ray-address", "ray://head:10001"], "must run on a machine of the cluster"),
    ],
)
def test_options_that_make_no_sense_are_refused(box, tmp_path, capsys, options, says):  # noqa: F811
    pytest.importorskip("ray", reason="needs Ray: pip install 'cleaner[ray]'")
    assert main(["clean", str(box), "--out", str(tmp_path / "out"), *options]) == 2
    assert says in capsys.readouterr().err


class Watched:
    """A cluster that is looked at: ``then`` is called when so many results of the second pass are there."""

    def __init__(self, after: int, then: Callable[[], object]) -> None:
        self._after, self._then = after, then

    def __call__(self, work, hire, lost) -> Iterator:
        for number, done in enumerate(Ray()(work, hire, lost)):
            if number == self._after and hire.func.__name__ == "Worker":
                self._then()
            yield done


def stop() -> None:
    raise KeyboardInterrupt


def test_a_run_may_be_stopped_there_and_go_on_there_or_here(box, tmp_path, rules, cluster):  # noqa: F811
    clean(box, tmp_path / "whole", rules)
    with pytest.raises(KeyboardInterrupt):
        clean(box, tmp_path / "there", rules, engine=Watched(9, stop))
    shutil.copytree(tmp_path / "there", tmp_path / "here")
    counted = Stops()
    clean(box, tmp_path / "here", rules, engine=counted)
    clean(box, tmp_path / "there", rules, engine=Ray())
    assert tree(tmp_path / "here") == tree(tmp_path / "there") == tree(tmp_path / "whole")
    assert 0 < counted.done < 20, "what was done there is not done again here"


def test_a_node_that_dies_changes_nothing(box, tmp_path, rules, cluster):  # noqa: F811
    for number in range(120):
        (box / "texts" / f"more{number}.txt").write_text(text(number) * 20)
    clean(box, tmp_path / "whole", rules, single_pass=True)
    doomed = cluster.add_node(num_cpus=2)
    died = []

    def kill() -> None:
        cluster.remove_node(doomed, allow_graceful=False)
        died.append(doomed)

    clean(box, tmp_path / "out", rules, engine=Watched(10, kill), single_pass=True)
    assert died and tree(tmp_path / "out") == tree(tmp_path / "whole")


class FatalToAll(Fatal):
    """Some documents take the process above with them, as happens when memory is short."""

    def __call__(self, task: Task) -> list[int | None]:
        if any(b"fatal to all" in item.data for item in task.items if isinstance(item.data, bytes)):
            os.kill(os.getppid(), signal.SIGKILL)
        return super().__call__(task)


def test_a_document_that_kills_its_worker_or_its_actor_takes_no_other_with_it(tmp_path, cluster):
    kinds = {2: "fatal", 7: "fatal to all"}
    (tmp_path / "rows.jsonl").write_text("".join(f'{{"text": "{kinds.get(row, "well")}"}}\n' for row in range(1, 11)))
    work = of(tmp_path)
    done = list(Ray()(work, FatalToAll, _lost))
    assert [one for _, made in done for one in made] == [0, 1, "lost 2", 3, 4, 5, 6, "lost 7", 8, 9, 10, -1]
    ends = [task.end for task in work.tasks()]
    assert [task.end for task, _ in done if task.end][-1] == ends[-1]
    assert sum(task.size for task, _ in done) == (tmp_path / "rows.jsonl").stat().st_size


def unfit() -> None:
    raise RuleFileError("rules.toml: no such file")


def test_what_a_worker_cannot_begin_with_is_said(box, cluster):  # noqa: F811
    with pytest.raises(RuleFileError, match=r"^on .*: rules\.toml: no such file"):
        list(Ray()(of(box), unfit, _lost))


def of(box: Path, **options) -> Work:  # noqa: F811
    return Work(plan([str(box)]).sources, Fields(), **options)


def taken(work: Work) -> list:
    """Items with the ends of their tasks, as the driver sees them, the documents counted up."""
    found, documents = [], work.after.documents
    for group in groups(work):
        for task in group.work.tasks():
            documents += task.documents
            found.append((task.items, task.size, group.place(task.end, documents)))
    return found


@given(size=st.integers(0, 3000), most=st.integers(1, 9), limit=st.none() | st.integers(1, 30), data=st.data())
def test_groups_are_the_plan_in_its_order(tmp_path_factory, size, most, limit, data):
    folder = tmp_path_factory.getbasetemp() / "groups"
    if not folder.exists():
        folder.mkdir()
        for number in range(6):
            (folder / f"{number}.txt").write_text(text(number))
            (folder / f"{number}.jsonl").write_text('{"text": "A row."}\n' * number * 3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grouping, "GROUP_BYTES", size)
        patch.setattr(grouping, "GROUP_SOURCES", most)
        patch.setattr("cleaner.tasks.TASK_ITEMS", data.draw(st.integers(1, 4)))
        whole = of(folder, selection=Selection(limit=limit))
        items = [item for task in whole.tasks() for item in task.items]
        found = taken(whole)
        assert [item for part, _, _ in found for item in part] == items
        assert sum(size for _, size, _ in found) == sum(task.size for task in whole.tasks())
        place = data.draw(st.integers(0, len(found) - 1))
        rest = of(folder, selection=Selection(limit=limit), after=found[place][2])
        before = [item for part, _, _ in found[: place + 1] for item in part]
        assert before + [item for part, _, _ in taken(rest) for item in part] == items


def test_readers_send_every_task_and_the_end(box, small_tasks):  # noqa: F811
    (group,) = groups(of(box))
    sent = [found for table in read(row(0, 0, group)) for found in rows(table)]
    assert [(number, part) for number, part, _ in sent] == [(0, part) for part in range(len(sent))]
    assert [given.task for _, _, given in sent[:-1]] == [
        task._replace(end=task.end._replace(documents=0)) for task in group.work.tasks()
    ]
    assert sent[-1][2] is None


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda sent: sent[:1] + sent[2:], id="one is missing"),
        pytest.param(lambda sent: sent[:2] + sent[1:], id="one comes twice"),
        pytest.param(lambda sent: sent[:-1], id="the end is missing"),
        pytest.param(lambda sent: sent[1:2] + sent[:1] + sent[2:], id="two change places"),
        pytest.param(lambda sent: sent[3:], id="a group is missing"),
    ],
)
def test_nothing_is_missing_and_nothing_comes_twice(spoil):
    done = Done([], [], "a")
    sent = [(0, 0, done), (0, 1, done), (0, 2, None), (1, 0, done), (1, 1, None)]
    assert len(list(_in_order([None, None], iter(sent)))) == 3
    with pytest.raises(ClusterError, match="give the command again"):
        list(_in_order([None, None], iter(spoil(sent))))


def test_inputs_that_only_this_machine_has_are_named(box, tmp_path):  # noqa: F811
    here, nowhere = (Source(name, box / name, "jsonl", "") for name in ("b.jsonl", "none.jsonl"))
    assert Reach().beyond(Item(source, 1) for source in (here, nowhere, nowhere)) == [nowhere]
    assert opens(here) and not opens(nowhere)
    with pytest.raises(ClusterError, match=r"b\.jsonl: cannot be opened on node-b, but here it can; inputs must lie"):
        _checked(Done([], [here], "node-b"))
    assert _checked(Done([], [nowhere], "node-b")), "what nobody can open is a failure of the document"
    with pytest.raises(ConfigError, match=r"^on node-b: install the same"):
        _checked(Failed(ConfigError("install the same"), "node-b"))


def test_standard_input_is_refused(monkeypatch, tmp_path, capsys, cluster):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"A text.\n")))
    assert main(["clean", "-", "--out", str(tmp_path / "out"), "--engine", "ray"]) == 2
    assert "stdin: other machines cannot read it; save it to a file first" in capsys.readouterr().err


def test_without_ray_it_says_what_to_install(box, tmp_path, capsys, monkeypatch):  # noqa: F811
    monkeypatch.setitem(sys.modules, "ray", None)
    assert main(["clean", str(box), "--out", str(tmp_path / "out"), "--engine", "ray"]) == 2
    assert "pip install 'cleaner[ray]'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
