#!/usr/bin/env bash
# UTD-MHAD at the small size: probes of pretrained and random encoders, finetuning with 10 % and
# 100 % of the labels from both. Usage: recipes/tables/utd_small.sh STORE [RUNS]; SEEDS="0 1 2".
# FULL_SEEDS: the seeds that are also finetuned with all labels (minutes each on a CPU).
set -euo pipefail
store=$1
runs=${2:-runs/utd_small}
recipes=$(cd "$(dirname "$0")/.." && pwd)
seeds=${SEEDS:-0 1 2}

for seed in $seeds; do
  pcv pretrain "$recipes/utd_small.yaml" --store "$store" --out "$runs/pretrain-$seed" \
    --set train.seed="$seed" --resume
  for read in segments max; do
    pcv probe "$recipes/utd_small_probe.yaml" --store "$store" --from "$runs/pretrain-$seed" \
      --out "$runs/probe-$read-$seed" --set train.seed="$seed" --set probe.read=$read
    pcv probe "$recipes/utd_small_probe.yaml" --store "$store" \
      --out "$runs/probe-$read-random-$seed" --set train.seed="$seed" --set probe.read=$read
  done
done
for seed in $seeds; do
  few=(--set train.seed="$seed" --set train.label_fraction=0.1 --set train.epochs=200)
  pcv finetune "$recipes/utd_small_finetune.yaml" --store "$store" --from "$runs/pretrain-$seed" \
    --out "$runs/finetune-10-$seed" "${few[@]}" --resume
  pcv finetune "$recipes/utd_small_finetune.yaml" --store "$store" \
    --out "$runs/scratch-10-$seed" "${few[@]}" --resume
done
for seed in ${FULL_SEEDS-$seeds}; do
  pcv finetune "$recipes/utd_small_finetune.yaml" --store "$store" --from "$runs/pretrain-$seed" \
    --out "$runs/finetune-100-$seed" --set train.seed="$seed" --resume
  pcv finetune "$recipes/utd_small_finetune.yaml" --store "$store" \
    --out "$runs/scratch-100-$seed" --set train.seed="$seed" --resume
done
pcv report "$runs"/* --out "$runs/report"
