#!/usr/bin/env bash
# UTD-MHAD -> NvGesture where only a list with two recordings a class is at hand (a sample of 50): one
# of each class trains and the other tests, then the other way round. Usage:
# recipes/tables/nvgesture_transfer.sh RAW UTD_RUNS [RUNS]; UTD_RUNS holds pretrain-SEED of
# utd_small.sh; SEEDS="0 1 2". RAW holds Video_data and a train list whose lines come in pairs.
set -euo pipefail
raw=$(cd "$1" && pwd)
pretrained=$2
runs=${3:-runs/nvgesture_transfer}
recipes=$(cd "$(dirname "$0")/.." && pwd)
list=$(ls "$raw"/nvgesture_train_correct_cvpr2016_v2*.lst)

for half in 0 1; do
  halved=$runs/raw-$half
  mkdir -p "$halved"
  ln -sfn "$raw/Video_data" "$halved/Video_data"
  awk -v half=$half 'NR % 2 == half' "$list" >"$halved/nvgesture_train_correct_cvpr2016_v2.lst"
  awk -v half=$half 'NR % 2 != half' "$list" >"$halved/nvgesture_test_correct_cvpr2016_v2.lst"
  pcv prepare nvgesture "$halved" "$runs/store-$half" --points 1024
  for seed in ${SEEDS:-0 1 2}; do
    settings=(--store "$runs/store-$half" --set train.seed="$seed" --resume)
    pcv finetune "$recipes/nvgesture/finetune_transfer_small.yaml" "${settings[@]}" \
      --from "$pretrained/pretrain-$seed" --set optim.encoder_lr=0.3 \
      --out "$runs/run-finetune-$half-$seed"
    pcv finetune "$recipes/nvgesture/finetune_transfer_small.yaml" "${settings[@]}" \
      --out "$runs/run-scratch-$half-$seed"
  done
done
pcv report "$runs"/run-* --out "$runs/report"
