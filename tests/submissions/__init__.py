"""Submissions to grade: wrong ones (mutants), right ones in other styles (variants), and attacks."""

from pathlib import Path

MUTANTS = Path(__file__).parent / "mutants"
VARIANTS = Path(__file__).parent / "variants"
