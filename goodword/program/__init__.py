"""The program file: one company's rules as TOML, read into the policies of goodword.rules."""

from goodword.program.files import digest, load_program, read_program
from goodword.program.problems import ProgramError, ProgramRefused
from goodword.program.sentences import describe

__all__ = [
    "ProgramError",
    "ProgramRefused",
    "describe",
    "digest",
    "load_program",
    "read_program",
]
