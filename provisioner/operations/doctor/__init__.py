"""Is everything that the software needs reachable, allowed and configured? Changes nothing."""

from provisioner.operations.doctor.examination import Examination, examine
from provisioner.operations.doctor.lines import Line, Verdict

__all__ = ["Examination", "Line", "Verdict", "examine"]
