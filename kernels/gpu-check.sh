#!/usr/bin/env bash
# gpu-check.sh         pack, then run
# gpu-check.sh pack    puts all that the check needs into target/gpu-check: a Java runtime, classes, libraries, shims (under 64 MiB)
# gpu-check.sh run     runs the check from there on a machine with an NVIDIA GPU, which needs no network, no Java and no build
#
# The result goes to bench/results/gpu-<card>.md. Without a GPU the check says what is missing and fails.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
pack=$root/target/gpu-check
MVN=${MVN:-mvn -B -ntp}
LIMIT=${LIMIT:-440} # seconds for the check itself

pack() {
    cd "$root"
    $MVN -q -Dquick -Pgpu -DskipTests -pl kernels -am test-compile \
        org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
        -DincludeScope=test -DexcludeGroupIds=org.lrcc "-DoutputDirectory=$pack/lib"
    local module
    for module in engine nn kernels testdata; do
        mkdir -p "$pack/classes/$module"
        cp -R "$module/target/classes/." "$pack/classes/$module"
    done
    for module in engine kernels; do
        mkdir -p "$pack/classes/$module-tests"
        cp -R "$module/target/test-classes/." "$pack/classes/$module-tests"
    done
    rm -rf "$pack/java"
    "${JAVA_HOME:?gpu-check: JAVA_HOME must be a JDK, which a runtime is made from}/bin/jlink" \
        --add-modules java.base,java.desktop,java.logging,java.management,java.naming,java.sql,java.xml,jdk.unsupported,jdk.incubator.vector \
        --strip-debug --no-header-files --no-man-pages --compress=2 --output "$pack/java"
    shims
    local size
    size=$(du -sm "$pack" | cut -f1)
    echo "gpu-check: packed $size MiB in $pack"
    [ "$size" -le 64 ] || { echo 'gpu-check: more than 64 MiB' >&2; exit 1; }
}

# JCuda's libraries are linked to CUDA 12's. Where only CUDA 13 is installed, a shim of the old name passes every call on to the new library.
shims() {
    if ! command -v gcc >/dev/null || ! command -v nm >/dev/null; then
        echo 'gpu-check: no gcc and nm here, so no shims for CUDA 13 are packed' >&2
        return
    fi
    local jni
    jni=$(mktemp -d)
    for jar in "$pack"/lib/jc*-natives-*-linux-x86_64.jar; do
        (cd "$jni" && "$JAVA_HOME/bin/jar" xf "$jar" lib)
    done
    mkdir -p "$pack/shim"
    shim "$jni" libcublas.so.12 libcublas.so.13 15
    shim "$jni" libcusolver.so.11 libcusolver.so.12 9
    shim "$jni" libcusolverMg.so.11 libcusolverMg.so.12 9
    rm -rf "$jni"
}

# shim JNI OLD NEW STATUS: a library OLD with a jump for each function that JCuda wants of it; STATUS answers for those that NEW lacks.
shim() {
    local jni=$1 old=$2 new=$3 status=$4 work
    work=$(mktemp -d)
    nm -D --undefined-only "$jni"/lib/*.so 2>/dev/null | sed -n "s/.* U \(.*\)@@*$old\$/\1/p" | sort -u >"$work/names"
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
    [ -x "$pack/java/bin/java" ] || { echo "gpu-check: $pack is not packed: gpu-check.sh pack" >&2; exit 1; }
    local libraries='' name found
    for name in libcublas.so.12 libcusolver.so.11 libcusparse.so.12 libnvJitLink.so.12 libcublas.so.13 libcusolver.so.12 \
        libnvJitLink.so.13 libcuda.so.1; do
        found=$(folders_of "$name")
        libraries=$libraries${found:+:$found}
    done
    [ -n "$(folders_of libcublas.so.12)" ] || libraries=$pack/shim$libraries
    export LD_LIBRARY_PATH=${libraries#:}${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
    local path temp status=0
    path=$(find "$pack/classes" -mindepth 1 -maxdepth 1 | paste -sd:)
    temp=$(mktemp -d)
    local java=("$pack/java/bin/java" --add-modules jdk.incubator.vector -Xmx8g "-Djava.io.tmpdir=$temp"
        "-Dlrcc.shared=$root/../shared" -cp "$path:$pack/lib/*" org.lrcc.kernels.card.GpuCheck)
    if command -v compute-sanitizer >/dev/null; then
        timeout 120 compute-sanitizer --error-exitcode 3 "${java[@]}" contract || { status=$?; echo 'gpu-check: compute-sanitizer found faults, or took too long' >&2; }
    else
        echo 'gpu-check: no compute-sanitizer here'
    fi
    timeout "$LIMIT" "${java[@]}" all "$root/bench/results" || status=$?
    if python3 -c 'import torch, sys; sys.exit(not torch.cuda.is_available())' 2>/dev/null; then
        timeout 120 python3 "$root/kernels/gpu_check_torch.py" "$root/bench/results" || status=$?
    else
        echo 'gpu-check: no PyTorch with CUDA here to compare with'
    fi
    rm -rf "$temp"
    return "$status"
}

case "${1:-all}" in
    pack) pack ;;
    run) run ;;
    all) pack && run ;;
    *) sed -n '2,6s/^# //p' "$0" >&2; exit 2 ;;
esac
