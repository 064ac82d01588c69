"""Prints the outcome for each file of a folder: pages, characters, seconds, peak memory, or the error.

``python -m benchmarks.loading [FOLDER] [--password PASSWORD …] [--ocr]``. A fresh process reads each file.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from benchmarks.datasets import data_folder

_ONE = """
import json, resource, sys, time
from pathlib import Path
from index.loaders import LoadError, Options, load
options = Options(passwords=tuple(json.loads(sys.argv[2])), ocr=json.loads(sys.argv[3]))
began = time.perf_counter()
try:
    document = load(Path(sys.argv[1]), options)
    found = [len(document.page_starts), len(document.text), "read" + (
        f"; pages {list(document.unread_pages)} are pictures" if document.unread_pages else "")]
except LoadError as error:
    found = [0, 0, str(error).partition(": ")[2]]
seconds = time.perf_counter() - began
print(json.dumps([*found, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, help="the evaluation data's documents by default")
    parser.add_argument("--password", action="append", default=[], help="tried on encrypted files")
    parser.add_argument("--ocr", action="store_true", help="read pages without a text layer")
    arguments = parser.parse_args()
    folder = arguments.folder or data_folder() / "documents"
    print("| file | pages | characters | seconds | MB | result |\n|---|---|---|---|---|---|")
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        command = [sys.executable, "-c", _ONE, str(file)]
        command += [json.dumps(arguments.password), json.dumps(arguments.ocr)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        pages, characters, result, seconds, memory = json.loads(done.stdout)
        name = file.relative_to(folder).as_posix()
        print(
            f"| {name} | {pages or ''} | {characters:,} | {seconds:.2f} | {memory:.0f} | {result} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
