#!/usr/bin/env bash
# Data efficiency on ScanNet: a few training scenes (1, 5, 10, 20 %), then a few labelled points of every
# scene (20, 50, 100, 200), finetuned from a pretrained run and from scratch; one run a table cell.
# Usage: recipes/tables/scannet_limited.sh STORE [RUNS]; SEEDS="0 1 2"; PRETRAINED=RUN, where {seed}
# stands for the run's own. LISTS=DIR holds the official lists, scenes/5.txt and, as JSON,
# points/20.json; without it scenes and points are drawn by seed. MORE="--set KEY=VALUE ...".
# SIZE=small takes the PointCSP recipes that a CPU trains, pretrains by them where PRETRAINED is not
# given, and suits a store of few rooms: ROOMS=6 SCENES="1 3" takes 1 and 3 of 6 training rooms.
set -euo pipefail
store=$1
runs=${2:-runs/scannet_limited}
recipes=$(cd "$(dirname "$0")/.." && pwd)
read -ra more <<<"${MORE:-}"
recipe=$recipes/scannet/finetune_gaussiancross.yaml
limited=(--set optim.lr=0.003 --set train.batch=24)
if [[ ${SIZE:-full} == small ]]; then
  recipe=$recipes/scannet/finetune_pointcsp_small.yaml
  limited=()
elif [[ -z ${PRETRAINED:-} ]]; then
  echo "give PRETRAINED=RUN, such as one of recipes/scannet/pretrain_gaussiancross.yaml," \
    "or SIZE=small" >&2
  exit 2
fi

cell() { # NAME SEED SETTING: from the pretrained run and from scratch
  local settings=(--store "$store" --set train.seed="$2" --set "$3" "${limited[@]}" "${more[@]}" --resume)
  pcv finetune "$recipe" "${settings[@]}" --from "${start//\{seed\}/$2}" --out "$runs/run-pretrained-$1-$2"
  pcv finetune "$recipe" "${settings[@]}" --out "$runs/run-scratch-$1-$2"
}

for seed in ${SEEDS:-0 1 2}; do
  start=${PRETRAINED:-$runs/pretrain-$seed}
  if [[ -z ${PRETRAINED:-} ]]; then
    pcv pretrain "$recipes/scannet/pretrain_pointcsp_small.yaml" --store "$store" "${more[@]}" \
      --set train.seed="$seed" --out "$runs/pretrain-$seed" --resume
  fi
  for count in ${SCENES:-1 5 10 20}; do
    scenes=$(awk "BEGIN { print $count / ${ROOMS:-100} }")
    [[ -n ${LISTS:-} ]] && scenes=$LISTS/scenes/$count.txt
    cell "scenes$count" "$seed" "train.scenes=$scenes"
  done
  for count in ${POINTS:-20 50 100 200}; do
    cell "points$count" "$seed" "data.labelled_points=${LISTS:+$LISTS/points/}$count${LISTS:+.json}"
  done
done
pcv report "$runs"/run-*/ --out "$runs/report"
