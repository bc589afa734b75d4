"""What the peers in Python have in common: torch on a number of threads, and the line of JSON that they print."""

import json


def torch_on(threads):
    """Imports torch, on so many threads."""
    import torch

    torch.set_num_threads(threads)
    torch.set_num_interop_threads(1)
    return torch


def peak():
    """Peak resident memory in bytes, 0 where the system does not tell; ru_maxrss would count the parent's."""
    try:
        with open("/proc/self/status") as status:
            return sum(1024 * int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    except OSError:
        return 0


def answer(torch, **measured):
    """Prints the line, with what was measured."""
    print(json.dumps({"name": "PyTorch " + torch.__version__.split("+")[0], **measured, "peakResidentBytes": peak()}))
