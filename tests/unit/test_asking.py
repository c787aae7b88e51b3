"""The questions on a terminal: asked in French, answered in French or English, until the answer is one."""

from __future__ import annotations

import io
import sys

import pytest
import typer

from provisioner.cli.asking import confirmed


@pytest.mark.parametrize(
    ("typed", "answer"),
    [("o", True), ("Oui", True), ("y", True), ("YES", True), ("n", False), ("non", False), ("no", False)],
)
def test_yes_and_no_are_taken_in_both_languages(monkeypatch: pytest.MonkeyPatch, typed: str, answer: bool) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{typed}\n"))
    assert confirmed("Appliquer ?", default=False) is answer


def test_enter_means_the_default_and_the_capital_says_which(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))
    assert confirmed("Appliquer ?", default=False) is False
    assert capsys.readouterr().err == "Appliquer ? [o/N] "


def test_what_is_neither_is_asked_again_and_no_answer_at_all_is_no_yes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("peut-être\n\no\n"))
    assert confirmed("Conserver cet accès ?") is True
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    with pytest.raises(typer.Exit) as ended:
        confirmed("Conserver cet accès ?")
    assert ended.value.exit_code == 1
    assert capsys.readouterr().err.endswith("\nSans réponse : rien n'a été modifié.\n")
