#!/usr/bin/env bash
# UTD-MHAD at the small size: probes of pretrained and random encoders, finetuning with 10 % and
# 100 % of the labels from both. Usage: recipes/tables/utd_small.sh STORE [RUNS]; SEEDS="0 1 2".
# FULL_SEEDS: the seeds that are also finetuned with all labels (minutes each on a CPU).
set -euo pipefail
store=$1
runs=${2:-runs/utd_small}
recipes=$(cd "$(dirname "$0")/.." && pwd)
seeds=${SEEDS:-0 1 2}

finetune() { # NAME SEED SETTINGS...: from the pretrained run of the seed, and from scratch
  local name=$1 seed=$2
  shift 2
  pcv finetune "$recipes/utd/finetune_small.yaml" --store "$store" --from "$runs/pretrain-$seed" \
    --out "$runs/finetune-$name-$seed" --set train.seed="$seed" --set optim.encoder_lr=0.3 "$@" \
    --resume
  pcv finetune "$recipes/utd/finetune_small.yaml" --store "$store" \
    --out "$runs/scratch-$name-$seed" --set train.seed="$seed" "$@" --resume
}

for seed in $seeds; do
  pcv pretrain "$recipes/utd/pretrain_small.yaml" --store "$store" --out "$runs/pretrain-$seed" \
    --set train.seed="$seed" --resume
  for read in max segments; do
    pcv probe "$recipes/utd/probe_small.yaml" --store "$store" --from "$runs/pretrain-$seed" \
      --out "$runs/probe-$read-$seed" --set train.seed="$seed" --set probe.read=$read
    pcv probe "$recipes/utd/probe_small.yaml" --store "$store" \
      --out "$runs/probe-$read-random-$seed" --set train.seed="$seed" --set probe.read=$read
  done
done
for seed in $seeds; do
  finetune 10 "$seed" --set train.label_fraction=0.1 --set objective.hidden=0 \
    --set train.epochs=400
done
for seed in ${FULL_SEEDS-$seeds}; do
  finetune 100 "$seed"
done
pcv report "$runs"/* --out "$runs/report"
