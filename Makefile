# Cheapest check first: fmt and check take seconds, test takes a minute or two, the rest longer.
SHELL := bash
.SHELLFLAGS := -o pipefail -c
MVN ?= mvn -B -ntp
JAVA ?= $(if $(JAVA_HOME),$(JAVA_HOME)/bin/java,java)
JVM_FLAGS ?= --add-modules jdk.incubator.vector -XX:+UseParallelGC -XX:ObjectAlignmentInBytes=64

# A Python that has NVRTC 12.0; made on first use.
NVRTC_PYTHON ?= .lrcc/nvrtc/bin/python
NVRTC_PACKAGE = nvidia-cuda-nvrtc-cu12==12.0.140

BENCH_PATH = bench/target/classes:bench/target/lib/*

.PHONY: help fmt check test long fuzz bench plot doctor demo gpu-check ptx clean

help:
	@echo 'fmt        format the sources'
	@echo 'check      formatter, Error Prone + NullAway, layering; no other test'
	@echo 'test       unit tests'
	@echo 'long       all tests and the comparison with peers, as CI runs them'
	@echo 'fuzz       mutation tests of the parsers'
	@echo 'bench      lrcc beside its peers, in under 10 minutes (PAIRS=9: for figures); or BENCH="pattern and JMH options"'
	@echo 'plot       the drawing of the README from bench/results (PLOTTED=raw file PLOT=svg)'
	@echo 'doctor     which backends work here, and what to do about those that do not'
	@echo 'demo       the embedded demo'
	@echo 'gpu-check  the GPU backend on a real GPU'
	@echo 'ptx        compile the CUDA sources to PTX (after every edit of a .cu or .cuh)'

fmt:
	$(MVN) -q spotless:apply

check:
	$(MVN) -q spotless:check
	$(MVN) -q test -Dtest=LayeringTest -Dsurefire.failIfNoSpecifiedTests=false

test:
	$(MVN) verify

long:
	.ci/run

fuzz:
	$(MVN) -Dquick -Pfuzz test | tee .fuzz.log
	@grep -q 'Tests run: [1-9]' .fuzz.log || { rm -f .fuzz.log; echo 'fuzz: no test ran' >&2; exit 1; }
	@rm -f .fuzz.log

# The short form: one pair of each comparison, in under 10 minutes. For figures: more pairs (PAIRS=9), and a file that stays.
PAIRS ?= 1
SCRATCH_RAW = bench/target/raw.jsonl
RAW ?= $(SCRATCH_RAW)
TABLES ?= bench/target/results
COMPARE = $(JAVA) $(JVM_FLAGS) -Xmx700m -cp '$(BENCH_PATH)' org.lrcc.bench.compare.Compare

bench:
	$(MVN) -q -Dquick -DskipTests -Ppeers,jmh -pl bench -am package
ifeq ($(BENCH),)
	$(if $(filter $(SCRATCH_RAW),$(RAW)),rm -f $(RAW))
	$(COMPARE) run $(RAW) --pairs $(PAIRS)
	$(COMPARE) tables $(RAW) $(TABLES)
	@cat $(TABLES)/summary-*.md
	$(JAVA) $(JVM_FLAGS) -cp '$(BENCH_PATH)' org.lrcc.bench.BenchMain GemmBenchmark -p 'shape=nn 1024x1024x1024,nn 144x576x16,nn 512x128x4' -wi 2 -w 1 -i 3 -r 1
	@echo 'Left out of the short form: more than $(PAIRS) pair(s) a comparison (PAIRS=9), and JMH for ops, layers, low-rank convolutions and whole training steps (BENCH=OpBenchmark, ConvBenchmark, LowRankConvBenchmark, StepBenchmark).'
else
	$(JAVA) $(JVM_FLAGS) -cp '$(BENCH_PATH)' org.lrcc.bench.BenchMain $(BENCH)
endif

# Draws the newest raw results, or others.
PLOTTED ?= $(lastword $(sort $(wildcard bench/results/raw-*.jsonl)))
PLOT ?= docs/speed-avx2.svg
plot:
	$(MVN) -q -Dquick -DskipTests -Pjmh -pl bench -am package
	$(COMPARE) plot $(PLOTTED) $(PLOT)

doctor:
	./lrcc doctor

demo:
	./lrcc demo

gpu-check:
	kernels/gpu-check.sh

ptx: | $(NVRTC_PYTHON)
	$(NVRTC_PYTHON) kernels/ptx.py

.lrcc/nvrtc/bin/python:
	python3 -m venv .lrcc/nvrtc
	.lrcc/nvrtc/bin/pip install -q $(NVRTC_PACKAGE) || { rm -rf .lrcc/nvrtc; exit 1; }

clean:
	$(MVN) -q clean
