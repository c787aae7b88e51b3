"""The walls round the process that reads a document: taken over by the file, it can still only compute and answer.

Three walls, since not every machine has each:

- a seccomp filter, on the processors that we know: the calls that computing needs, and no other. It shuts every way
  by itself;
- Landlock, where the kernel has it: no file, no TCP port, no signal to another process;
- limits: no descriptor can be opened any more, neither a file nor a connection, and no process started (as root the
  last one does not hold).

The filter is a list of what is allowed, not of what is forbidden: kernels get new calls each year, and a reader that
may neither open, connect, start nor signal needs some thirty. What is not in the list fails with EPERM, so that a
library that tries something harmless goes on without it.

All code that will run must have been imported before.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import struct
from typing import NamedTuple

#: What the process says once it is shut in: from then on, what becomes of it is the document's doing.
READY = b"ready\n"

# prctl(2)
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
_SECCOMP_MODE_FILTER = 2

# landlock(7): the system calls have the same numbers everywhere
_LANDLOCK_CREATE_RULESET, _LANDLOCK_RESTRICT_SELF = 444, 446
_LANDLOCK_VERSION = 1

#: What each version of Landlock can forbid: accesses to files, TCP ports, what goes to other processes (in bits).
_LANDLOCK_RIGHTS = {1: (13, 0, 0), 2: (14, 0, 0), 3: (15, 0, 0), 4: (15, 2, 0), 5: (16, 2, 0), 6: (16, 2, 2)}

# linux/filter.h, linux/seccomp.h, linux/audit.h
_LOAD, _IF_EQUAL, _IF_ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000 | 1  # the last: EPERM
_NUMBER_AT, _ARCHITECTURE_AT, _PROTECTION_AT = 0, 4, 32  # the third argument of mmap and mprotect
_PROT_EXEC = 4
_INSTRUCTION = "=HBBI"


class _Processor(NamedTuple):
    """A processor: its mark in a filter, and the numbers of its system calls."""

    mark: int
    mapping: tuple[int, ...]
    allowed: tuple[int, ...]


def _calls(numbers: str) -> tuple[int, ...]:
    return tuple(map(int, numbers.split()))


_PROCESSORS = {
    # mmap mprotect; then read write close fstat lseek munmap brk rt_sigaction rt_sigprocmask rt_sigreturn sched_yield
    # mremap madvise nanosleep setitimer getpid exit gettimeofday sigaltstack gettid futex restart_syscall
    # clock_gettime clock_nanosleep exit_group getrandom membarrier rseq
    "x86_64": _Processor(
        0xC000003E,
        _calls("9 10"),
        _calls("0 1 3 5 8 11 12 13 14 15 24 25 28 35 38 39 60 96 131 186 202 219 228 230 231 318 324 334"),
    ),
    "aarch64": _Processor(
        0xC00000B7,
        _calls("222 226"),
        _calls(
            "63 64 57 80 62 215 214 134 135 139 124 216 233 101 103 172 93 169 132 178 98 128 113 115 94 278 283 293"
        ),
    ),
}


class Walls(NamedTuple):
    """What stands: Landlock's version (0: the kernel has none, or it is not let through), and the filter."""

    landlock: int
    is_filtered: bool


def hide() -> None:
    """Keeps other processes of this user out of this one's memory and environment (ptrace, /proc/PID/mem, environ).

    What this changes for the process itself: no core file, and /proc/self/fd can be listed by root alone.
    """
    _call("prctl", _PR_SET_DUMPABLE, 0)


def end_with_parent() -> None:
    """Has this process end when the thread that started it does, be that killed."""
    _call("prctl", _PR_SET_PDEATHSIG, signal.SIGKILL)


def shut_in() -> Walls:
    """Puts up every wall that this machine has, for good. The process then ends with the one that started it."""
    end_with_parent()
    hide()
    _call("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    landlock = put_up_landlock()
    for limit in (resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC, resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
        resource.setrlimit(limit, (0, 0))
    return Walls(landlock, put_up_filter())


def put_up_landlock() -> int:
    """Forbids all that Landlock can forbid, without an exception; gives its version."""
    version = _call("syscall", _LANDLOCK_CREATE_RULESET, None, 0, _LANDLOCK_VERSION)
    if version < 1:
        return 0
    rights = _LANDLOCK_RIGHTS[min(version, max(_LANDLOCK_RIGHTS))]
    forbidden = b"".join(struct.pack("=Q", (1 << bits) - 1) for bits in rights if bits)
    rules = _call("syscall", _LANDLOCK_CREATE_RULESET, forbidden, len(forbidden), 0)
    if rules < 0:
        return 0
    is_shut = _call("syscall", _LANDLOCK_RESTRICT_SELF, rules, 0) == 0
    os.close(rules)
    return version if is_shut else 0


def put_up_filter() -> bool:
    """Allows the calls that computing needs, and no other; whether it is in force."""
    processor = _PROCESSORS.get(os.uname().machine)
    if processor is None:
        return False
    program = _program(processor)
    code = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("@HP", len(program) // struct.calcsize(_INSTRUCTION), ctypes.addressof(code))
    return _call("prctl", _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, head, 0, 0) == 0


def _program(processor: _Processor) -> bytes:
    """The filter, in the kernel's own instructions: code, jump if so, jump if not, value."""
    steps = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_IF_EQUAL, 1, 0, processor.mark),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
    ]
    for number in processor.allowed:
        steps += [(_IF_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ALLOW)]
    for number in processor.mapping:  # memory, but none that could be run
        steps += [
            (_IF_EQUAL, 0, 4, number),
            (_LOAD, 0, 0, _PROTECTION_AT),
            (_IF_ANY_BIT, 0, 1, _PROT_EXEC),
            (_RETURN, 0, 0, _REFUSE),
            (_RETURN, 0, 0, _ALLOW),
        ]
    steps.append((_RETURN, 0, 0, _REFUSE))
    return b"".join(struct.pack(_INSTRUCTION, *step) for step in steps)


_libc = ctypes.CDLL(None, use_errno=True)


def _call(function: str, *arguments: int | bytes | None) -> int:
    """One call of the C library; -1 when it failed."""
    wide = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    return int(getattr(_libc, function)(*wide))
