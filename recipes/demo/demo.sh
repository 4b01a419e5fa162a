#!/usr/bin/env bash
# The whole of PointCPSC in minutes: synthetic raw depth -> clips -> pretraining -> probes ->
# finetuning -> evaluation -> report. Usage: bash recipes/demo/demo.sh [FOLDER]
set -euo pipefail
out=${1:-demo}
recipes=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$out"

pcv synth "$out/raw" --actions 12 --subjects 10 --trials 1
pcv prepare msr "$out/raw" "$out/store" --points 512
pcv info "$out/store" --verify

pcv pretrain "$recipes/demo/pretrain_tiny.yaml" --store "$out/store" --out "$out/runs/pretrain" --resume
pcv probe "$recipes/demo/probe_tiny.yaml" --store "$out/store" --from "$out/runs/pretrain" --out "$out/runs/probe"
pcv probe "$recipes/demo/probe_tiny.yaml" --store "$out/store" --out "$out/runs/probe-random"
pcv finetune "$recipes/demo/finetune_tiny.yaml" --store "$out/store" --from "$out/runs/pretrain" \
  --out "$out/runs/finetune" --resume
pcv eval "$out/runs/finetune"

pcv report "$out"/runs/* --out "$out/report"
echo "see $out/report/report.md and the pictures beside it"
