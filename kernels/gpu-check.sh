#!/usr/bin/env bash
# gpu-check.sh               pack, then run
# gpu-check.sh pack          puts all that the check needs (a Java runtime, classes, libraries, shims) into target/gpu-check and target/gpu-check.tar.gz (under 64 MiB)
# gpu-check.sh run [FOLDER]  runs the check from there, or from where the archive was unpacked, on Linux x86_64 with an NVIDIA GPU: without network, Java or build
#
# gpu-check.sh rehearse [FOLDER]  the same with the interpreter of PTX in place of a GPU: for who changes the check. What it measures means nothing.
#
# The result goes to FOLDER/gpu-<card>.md, by default bench/results. Without a GPU the check says what is missing and fails.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if [ -d "$here/java" ]; then # unpacked
    pack=$here
    results=$PWD
else
    root=$(dirname "$here")
    pack=$root/target/gpu-check
    results=$root/bench/results
fi
MVN=${MVN:-mvn -B -ntp}
PYTHON=${PYTHON:-python3}
# Seconds: 8 minutes together.
SANITIZER_LIMIT=${SANITIZER_LIMIT:-100}
LIMIT=${LIMIT:-290}
TORCH_LIMIT=${TORCH_LIMIT:-80}
MOST_MIB=64
BACKEND=cuda

fail() {
    echo "gpu-check: $1" >&2
    exit 1
}

pack() {
    [ -n "${root:-}" ] || fail 'this is a packed check already: gpu-check.sh run'
    jdk=${JAVA_HOME:-$(dirname "$(dirname "$(readlink -f "$(command -v javac || true)")")")}
    [ -d "$jdk/jmods" ] || fail 'JAVA_HOME must be a JDK with its jmods, which a runtime is made from'
    cd "$root"
    # Nothing of an earlier pack stays, or a library that is needed no more would travel on.
    rm -rf "$pack" "$pack.tar.gz"
    $MVN -q -Dquick -Pgpu -DskipTests -pl kernels,lowrank -am test-compile \
        org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
        -DincludeScope=test -DexcludeGroupIds=org.lrcc "-DoutputDirectory=$pack/lib"
    local module
    for module in engine nn kernels testdata lowrank; do
        mkdir -p "$pack/classes/$module"
        cp -R "$module/target/classes/." "$pack/classes/$module"
    done
    for module in engine kernels lowrank; do
        mkdir -p "$pack/classes/$module-tests"
        cp -R "$module/target/test-classes/." "$pack/classes/$module-tests"
    done
    natives
    "$jdk/bin/jlink" \
        --add-modules java.base,java.desktop,java.logging,java.management,java.naming,java.sql,java.xml,jdk.unsupported,jdk.incubator.vector \
        --strip-debug --no-header-files --no-man-pages --output "$pack/java" 2>&1 | { grep -v 'incubator modules' || true; }
    shims
    cp "$here/gpu-check.sh" "$here/gpu_check_torch.py" "$root/bench/src/main/python/resnet18.py" "$pack"
    tar -C "$root/target" -czf "$pack.tar.gz" gpu-check
    local size
    size=$(du -sm "$pack.tar.gz" | cut -f1)
    echo "gpu-check: packed $size MiB: $pack.tar.gz"
    [ "$size" -le "$MOST_MIB" ] || fail "more than $MOST_MIB MiB"
}

# JCuda's libraries for Linux as files, without what is never called: most of the jars is an assembler of PTX.
natives() {
    local jar
    mkdir -p "$pack/native"
    for jar in "$pack"/lib/jc*-natives-*-linux-x86_64.jar; do
        (cd "$pack/native" && "$jdk/bin/jar" xf "$jar" lib)
    done
    rm -f "$pack"/lib/jc*-natives-*.jar
    mv "$pack"/native/lib/*.so "$pack/native"
    rm -f "$pack"/native/*JNvPTXCompiler* "$pack"/native/*JNvrtc* "$pack"/native/*JCusolverMg*
    rmdir "$pack/native/lib"
}

# JCuda's libraries are linked to CUDA 12's. Where only CUDA 13 is installed, a shim of the old name passes every call on to the new library.
shims() {
    if ! command -v gcc >/dev/null || ! command -v nm >/dev/null; then
        echo 'gpu-check: no gcc and nm here, so no shims for CUDA 13 are packed' >&2
        return
    fi
    mkdir -p "$pack/shim"
    shim libcublas.so.12 libcublas.so.13 15
    shim libcusolver.so.11 libcusolver.so.12 9
    shim libcusolverMg.so.11 libcusolverMg.so.12 9 # is not called, but has to be there
}

# shim OLD NEW STATUS: a library OLD with a jump for each function that JCuda wants of it; STATUS answers for those that NEW lacks.
shim() {
    local old=$1 new=$2 status=$3 work
    work=$(mktemp -d)
    nm -D --undefined-only "$pack"/native/*.so | sed -n "s/.* U \(.*\)@@*$old\$/\1/p" | sort -u >"$work/names"
    if [ -s "$work/names" ]; then
        { echo "$old { global:"; sed 's/$/;/' "$work/names"; echo 'local: *; };'; } >"$work/map"
        awk '{ printf ".text\n.globl %s\n.type %s,@function\n%s: jmp *slots+%d(%%rip)\n", $1, $1, $1, 8 * (NR - 1) }
             END { print ".section .note.GNU-stack,\"\",@progbits" }' "$work/names" >"$work/jumps.S"
        {
            echo '#define _GNU_SOURCE'
            echo '#include <dlfcn.h>'
            echo 'static const char *const names[] = {'
            sed 's/.*/"&",/' "$work/names"
            echo '};'
            echo 'void *slots[sizeof names / sizeof *names] __attribute__((visibility("hidden")));'
            echo "static int missing(void) { return $status; }"
            echo "__attribute__((constructor)) static void find(void) {"
            echo "    void *library = dlopen(\"$new\", RTLD_LAZY | RTLD_GLOBAL);"
            echo '    for (unsigned i = 0; i < sizeof names / sizeof *names; ++i) {'
            echo '        void *found = library ? dlsym(library, names[i]) : 0;'
            echo '        slots[i] = found ? found : (void *)missing;'
            echo '    }'
            echo '}'
        } >"$work/find.c"
        gcc -O1 -fPIC -shared "$work/find.c" "$work/jumps.S" -Wl,-soname,"$old" \
            -Wl,--version-script="$work/map" -ldl -s -o "$pack/shim/$old"
    fi
    rm -rf "$work"
}

# Folders that hold a library of this name: the system's, CUDA's, those of Python packages.
folders_of() {
    local sites
    sites=$(python3 -c 'import site, sys; print(*(site.getsitepackages() + [site.getusersitepackages()]))' 2>/dev/null || true)
    # shellcheck disable=SC2086
    find /usr/lib /usr/lib64 /usr/local $sites -name "$1" -printf '%h\n' 2>/dev/null | sort -u | paste -sd: || true
}

run() {
    results=$(mkdir -p "${1:-$results}" && cd "${1:-$results}" && pwd)
    [ -x "$pack/java/bin/java" ] || fail "$pack is not packed: gpu-check.sh pack"
    local libraries='' name found
    for name in libcublas.so.12 libcusolver.so.11 libcusparse.so.12 libnvJitLink.so.12 libcublas.so.13 libcusolver.so.12 \
        libnvJitLink.so.13 libcuda.so.1; do
        found=$(folders_of "$name")
        libraries=$libraries${found:+:$found}
    done
    # The shims come last: they stand in only for what is not there.
    export LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}${libraries#:}${libraries:+:}$pack/shim
    local path status=0
    path=$(find "$pack/classes" -mindepth 1 -maxdepth 1 | sort | paste -sd:)
    temp=$(mktemp -d)
    trap 'rm -rf "$temp"' EXIT
    local java=("$pack/java/bin/java" --add-modules jdk.incubator.vector -Xmx8g "-Djava.io.tmpdir=$temp" "-Djava.library.path=$pack/native"
        "-Dlrcc.backend=$BACKEND" -cp "$path:$pack/lib/*" org.lrcc.lowrank.card.GpuCheck)
    "${java[@]}" look || return
    if [ $BACKEND = cuda ] && command -v compute-sanitizer >/dev/null; then
        timeout "$SANITIZER_LIMIT" compute-sanitizer --error-exitcode 3 "${java[@]}" contract || sanitized $? || status=1
    else
        echo 'gpu-check: no compute-sanitizer here'
    fi
    timeout "$LIMIT" "${java[@]}" all "$results" || status=$?
    [ "$status" != 124 ] || echo "gpu-check: not done after $LIMIT seconds" >&2
    # A rehearsal takes PyTorch on the processor.
    local device=$([ $BACKEND = cuda ] && echo cuda || echo cpu)
    if "$PYTHON" -c "import torch, sys; sys.exit('$device' == 'cuda' and not torch.cuda.is_available())" 2>/dev/null; then
        timeout "$TORCH_LIMIT" "$PYTHON" "$pack/gpu_check_torch.py" "$results" $device || { status=$?; echo 'gpu-check: the measurement of PyTorch failed' >&2; }
    else
        echo "gpu-check: no PyTorch for $device here to compare with (PYTHON says which python)"
    fi
    return "$status"
}

# What compute-sanitizer's exit status means: it is slow, and what it did not come to is no fault.
sanitized() {
    if [ "$1" = 124 ]; then
        echo "gpu-check: compute-sanitizer found nothing in $SANITIZER_LIMIT seconds, in which it was not done"
    else
        echo "gpu-check: compute-sanitizer found faults (exit status $1)" >&2
        return 1
    fi
}

case "${1:-all}" in
    pack) pack ;;
    run) run "${2:-}" ;;
    rehearse) BACKEND=interpreter LIMIT=400 run "${2:-}" ;;
    all) pack && run ;;
    *) sed -n '2,7s/^# //p' "$0" >&2; exit 2 ;;
esac
