"""The program file: one company's rules as TOML, read into the policies of goodword.rules."""

from goodword.program.differences import Difference, differences
from goodword.program.files import digest, load_program, read_program
from goodword.program.problems import ProgramError, ProgramRefused
from goodword.program.sentences import by_heading, describe

__all__ = [
    "Difference",
    "ProgramError",
    "ProgramRefused",
    "by_heading",
    "describe",
    "differences",
    "digest",
    "load_program",
    "read_program",
]
