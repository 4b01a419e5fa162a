#!/usr/bin/env bash
# PointCSP on a few ScanNet rooms at the small size: what cross-sample propagation (mode: cross against
# single) and preservation distillation (preserve_weight 1 against 0) do, beside random weights.
# Usage: recipes/tables/scannet_small.sh STORE [RUNS]; SEEDS="0 1 2".
set -euo pipefail
store=$1
runs=${2:-runs/scannet_small}
recipes=$(cd "$(dirname "$0")/.." && pwd)
seeds=${SEEDS:-0 1 2}

finetune() { # NAME SEED FROM WEIGHT: FROM is a pretraining, or nothing
  local start=()
  [[ -n $3 ]] && start=(--from "$runs/pretrain-$3-$2")
  pcv finetune "$recipes/scannet/finetune_pointcsp_small.yaml" --store "$store" \
    "${start[@]}" --out "$runs/finetune-$1-$2" --set train.seed="$2" \
    --set objective.preserve_weight="$4" --resume
}

for seed in $seeds; do
  for mode in cross single; do
    pcv pretrain "$recipes/scannet/pretrain_pointcsp_small.yaml" --store "$store" \
      --out "$runs/pretrain-$mode-$seed" --set train.seed="$seed" --set objective.mode=$mode --resume
    pcv probe "$recipes/scannet/probe_pointcsp_small.yaml" --store "$store" \
      --from "$runs/pretrain-$mode-$seed" --out "$runs/probe-$mode-$seed" --set train.seed="$seed"
  done
  pcv probe "$recipes/scannet/probe_pointcsp_small.yaml" --store "$store" \
    --out "$runs/probe-random-$seed" --set train.seed="$seed"
  finetune cross-spd "$seed" cross 1.0
  finetune cross "$seed" cross 0.0
  finetune single-spd "$seed" single 1.0
  finetune single "$seed" single 0.0
  finetune random "$seed" "" 0.0
  for name in cross-spd cross random; do
    pcv eval "$runs/finetune-$name-$seed" --others --json > "$runs/others-$name-$seed.json"
  done
done
pcv report "$runs"/*/ --out "$runs/report"
