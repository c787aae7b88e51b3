"""How long a long annexe takes to check, and with how much memory, start included. `python bench/read.py`."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from statistics import median

from provisioner.documents.form import Entry, Form, write_form
from provisioner.domain.people import EmailAddress, Person

#: The figures hoped for: seconds, MiB of the largest process.
HOPED = {"csv": (3, 200), "xlsx": (3, 200), "ods": (6, None), "docx": (20, None)}


def main() -> int:
    """Writes a list of many persons in each format, checks each a few times, prints medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000, help="persons (default: 10000)")
    parser.add_argument("--runs", type=int, default=3, help="checks of each document (default: 3)")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="provisioner-bench-") as directory:
        for extension, (seconds, mib) in HOPED.items():
            file = Path(directory) / f"annexe.{extension}"
            file.write_bytes(_document(chosen.rows, extension))
            runs = [_check(file) for _ in range(chosen.runs)]
            took, used = median(run[0] for run in runs), max(run[1] for run in runs)
            hoped = f"hoped for: under {seconds} s" + (f" and {mib} MiB" if mib else "")
            print(f"{extension:5} {chosen.rows} rows: {took:5.2f} s, {used:4.0f} MiB   {hoped}")
    return 0


def _document(rows: int, extension: str) -> bytes:
    day = date(2026, 6, 10)
    entries = tuple(Entry(_person(number), day + timedelta(days=number % 90)) for number in range(rows))
    if extension != "csv":
        return write_form(Form("Agglo de la Lys (exemple)", entries, ()), f".{extension}")
    lines = ["ANNEXE 1", "Date de transmission :;01/09/2026", "1 - Liste des personnes"]
    lines.append("Nom;Prénom;Fonction/qualité;Adresse électronique;Date de demande d'habilitation")
    for entry in entries:
        person = entry.person
        lines.append(f"{person.last_name};{person.first_names};{person.function};{person.email};{entry.on:%d/%m/%Y}")
    return "\n".join([*lines, "2 - Liste des personnes", lines[3].replace("demande", "fin")]).encode()


def _person(number: int) -> Person:
    word = "".join("abcdefghij"[int(digit)] for digit in f"{number:05}")
    return Person(f"Nom{word}", f"Prenom{word[::-1]}", "agent", EmailAddress(f"{word}@agglo-lys.example"))


#: Runs a command and prints its peak memory. A process of its own: a child's peak begins with its parent's.
_MEASURING = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)  # exit 1: no date of transmission
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def _check(file: Path) -> tuple[float, float]:
    """Seconds and MiB of one `check`."""
    begun = time.perf_counter()
    command = [sys.executable, "-m", "provisioner", "check", str(file), "--format", "json"]
    measured = subprocess.run([sys.executable, "-c", _MEASURING, *command], stdout=subprocess.PIPE, check=True)
    return time.perf_counter() - begun, int(measured.stdout) / 1024


if __name__ == "__main__":
    sys.exit(main())
