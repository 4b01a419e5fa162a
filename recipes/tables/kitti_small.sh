#!/usr/bin/env bash
# Segmentation of SemanticKITTI sequences with and without pretraining, at the small size.
# Usage: recipes/tables/kitti_small.sh STORE [RUNS]; SEEDS="0 1 2". Of three sequences at hand one
# tests: pcv prepare kitti RAW STORE --test 10 --points 8192
set -euo pipefail
store=$1
runs=${2:-runs/kitti_small}
recipes=$(cd "$(dirname "$0")/.." && pwd)

for seed in ${SEEDS:-0 1 2}; do
  settings=(--store "$store" --set train.seed="$seed" --resume)
  pcv pretrain "$recipes/kitti/pretrain_small.yaml" "${settings[@]}" --out "$runs/pretrain-$seed"
  pcv finetune "$recipes/kitti/finetune_small.yaml" "${settings[@]}" \
    --from "$runs/pretrain-$seed" --out "$runs/finetune-$seed"
  pcv finetune "$recipes/kitti/finetune_small.yaml" "${settings[@]}" --out "$runs/scratch-$seed"
done
pcv report "$runs"/pretrain-* "$runs"/finetune-* "$runs"/scratch-* --out "$runs/report"
