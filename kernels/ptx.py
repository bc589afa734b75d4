#!/usr/bin/env python3
"""Compiles every src/main/cuda/*.cu to src/main/resources/ptx/*.ptx with NVRTC: no GPU and no CUDA toolkit needed.

    pip install nvidia-cuda-nvrtc-cu12==12.0.140
    ptx.py [NAME ...]        all kernels, or those of NAME.cu alone

The kernels of src/test/cuda, on which the PTX interpreter is tested, go to src/test/resources/ptx in the same way.

NVRTC 12.0 and compute_60 give `.version 8.0`, `.target sm_60`, which every CUDA 12 driver takes. Headers (*.cuh) lie
beside the sources; there are no host headers. Each PTX file starts with the SHA-256 of its source and of all headers,
which a test compares: whoever edits a source and forgets `make ptx` is told.
"""
import ctypes
import hashlib
import importlib.util
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
HEADERS = os.path.join(HERE, "src", "main", "cuda")
ROOTS = [os.path.join(HERE, "src", part) for part in ("main", "test")]
VERSION = (12, 0)
OPTIONS = [b"--gpu-architecture=compute_60", b"--std=c++17", b"-default-device"]


def library():
    root = os.path.join(importlib.util.find_spec("nvidia").submodule_search_locations[0], "cuda_nvrtc", "lib")
    rtc = ctypes.CDLL(os.path.join(root, "libnvrtc.so.12"))
    major, minor = ctypes.c_int(), ctypes.c_int()
    rtc.nvrtcVersion(ctypes.byref(major), ctypes.byref(minor))
    if (major.value, minor.value) != VERSION:
        sys.exit("NVRTC %d.%d is needed (newer ones write PTX that older drivers refuse), found %d.%d"
                 % (*VERSION, major.value, minor.value))
    return rtc


def read(path):
    with open(path, "rb") as file:
        return file.read().replace(b"\r\n", b"\n")


def files(folder, ending):
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(ending)]


def digest(source):
    """SHA-256 of the source followed by every header in the order of their names."""
    sha = hashlib.sha256(read(source))
    for header in files(HEADERS, ".cuh"):
        sha.update(read(header))
    return sha.hexdigest()


def compile_ptx(rtc, source):
    headers = files(HEADERS, ".cuh")
    program = ctypes.c_void_p()
    contents = (ctypes.c_char_p * len(headers))(*[read(header) for header in headers])
    includes = (ctypes.c_char_p * len(headers))(*[os.path.basename(header).encode() for header in headers])
    name = os.path.basename(source)
    rc = rtc.nvrtcCreateProgram(ctypes.byref(program), read(source), name.encode(), len(headers), contents, includes)
    rc = rc or rtc.nvrtcCompileProgram(program, len(OPTIONS), (ctypes.c_char_p * len(OPTIONS))(*OPTIONS))
    log = fetch(program, rtc.nvrtcGetProgramLogSize, rtc.nvrtcGetProgramLog).strip()
    if log:
        print(log, file=sys.stderr)
    if rc:
        sys.exit("%s: NVRTC error %d" % (name, rc))
    ptx = fetch(program, rtc.nvrtcGetPTXSize, rtc.nvrtcGetPTX)
    rtc.nvrtcDestroyProgram(ctypes.byref(program))
    return ptx


def fetch(program, get_size, get):
    size = ctypes.c_size_t()
    get_size(program, ctypes.byref(size))
    buffer = ctypes.create_string_buffer(size.value)
    get(program, buffer)
    return buffer.value.decode()


def tidy(ptx):
    """Without the compiler's banner, its unused built-in variables and empty lines."""
    ptx = re.sub(r"^\.global [^\n]*2nv6target[^\n]*\n", "", ptx, flags=re.M)
    ptx = re.sub(r"^\s*//[^\n]*\n", "", ptx, flags=re.M)
    return re.sub(r"\n\s*\n+", "\n", ptx).lstrip()


def main(wanted):
    rtc = library()
    for root in ROOTS:
        target = os.path.join(root, "resources", "ptx")
        os.makedirs(target, exist_ok=True)
        for source in files(os.path.join(root, "cuda"), ".cu"):
            name = os.path.basename(source)[: -len(".cu")]
            if wanted and name not in wanted:
                continue
            text = "// source: %s.cu\n// sha256: %s\n%s" % (name, digest(source), tidy(compile_ptx(rtc, source)))
            path = os.path.join(target, name + ".ptx")
            with open(path, "w", newline="\n") as file:
                file.write(text)
            print("%s: %d kernels, %d bytes" % (os.path.relpath(path), text.count(".entry"), len(text)))


if __name__ == "__main__":
    main(sys.argv[1:])
