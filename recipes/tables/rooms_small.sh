#!/usr/bin/env bash
# GaussianCross on synthetic rooms at the small size, from nothing: rooms, store, pretraining with
# held-out views, then from pretrained and from random weights: linear probes, classes of points with
# all labels, with those of one room and with 20 points a room, and objects. With a store of real
# rooms (pcv prepare scannet) the same of those, one room excepted.
# Usage: recipes/tables/rooms_small.sh [RUNS] [SCANNET_STORE]; SEEDS="0 1 2".
set -euo pipefail
runs=${1:-runs/rooms_small}
scannet=${2:-}
recipes=$(cd "$(dirname "$0")/.." && pwd)
rooms=$runs/rooms
store=$runs/store

both() { # STAGE NAME SEED STORE SETTINGS...: from the seed's pretrained run, and from random weights
  local stage=$1 name=$2 seed=$3 store=$4 task=
  shift 4
  [[ $name == *objects ]] && task=_instances
  local run=(pcv "$stage" "$recipes/rgbd/${stage}_rooms${task}_small.yaml" --store "$store")
  run+=(--set train.seed="$seed" "$@")
  [[ $stage == finetune ]] && run+=(--resume)
  "${run[@]}" --from "$runs/pretrain-$seed" --out "$runs/$name-pretrained-$seed"
  "${run[@]}" --out "$runs/$name-random-$seed"
}

[[ -e $rooms/classes.txt ]] || pcv synth "$rooms" --format rgbd --sequences 12 --frames 24
pcv prepare rgbd "$rooms" "$store" --test room-08,room-09,room-10,room-11 --held-out 5
for seed in ${SEEDS:-0 1 2}; do
  pcv pretrain "$recipes/rgbd/pretrain_rooms_small.yaml" --store "$store" --out "$runs/pretrain-$seed" \
    --set train.seed="$seed" --resume
  both probe probe "$seed" "$store"
  both finetune all "$seed" "$store"
  both finetune one-room "$seed" "$store" --set 'train.scenes=[room-00]'
  both finetune 20-points "$seed" "$store" --set data.labelled_points=20
  both finetune objects "$seed" "$store"
  if [[ -n $scannet ]]; then
    both probe scannet-probe "$seed" "$scannet"
    both finetune scannet "$seed" "$scannet"
    both finetune scannet-20-points "$seed" "$scannet" --set data.labelled_points=20
    both finetune scannet-objects "$seed" "$scannet" --set 'objective.stuff=[0,1]'
  fi
done
finished=()
for folder in "$runs"/*/; do
  [[ -e $folder/result.json ]] && finished+=("$folder")
done
pcv report "${finished[@]}" --out "$runs/report"
