#!/usr/bin/env bash
# 6-fold cross-validation on S3DIS: each area tests once, and the last rows pool all six, whose points
# then count once each, as the field's 6-fold score does. Usage: recipes/tables/s3dis_6fold.sh STORE
# [RUNS]; SEEDS="0"; POINTCSP=RUN and GAUSSIANCROSS=RUN are pretrained runs to start from ({seed} stands
# for the run's own; without one: from scratch). SYSTEMS="pointcsp gaussiancross"; AREAS="1 2 3 4 5 6";
# FINETUNE=RECIPE.yaml takes another recipe for all systems; MORE="--set KEY=VALUE ...".
set -euo pipefail
store=$1
runs=${2:-runs/s3dis_6fold}
recipes=$(cd "$(dirname "$0")/.." && pwd)
read -ra more <<<"${MORE:-}"

for seed in ${SEEDS:-0}; do
  for system in ${SYSTEMS:-pointcsp gaussiancross}; do
    pretrained=${system^^}
    start=()
    [[ -n ${!pretrained:-} ]] && start=(--from "${!pretrained//\{seed\}/$seed}")
    for area in ${AREAS:-1 2 3 4 5 6}; do
      pcv finetune "${FINETUNE:-$recipes/s3dis/finetune_$system.yaml}" --store "$store" \
        "${start[@]}" "${more[@]}" --set train.seed="$seed" --set "train.test_subjects=[$area]" \
        --out "$runs/run-$system-area$area-$seed" --resume
    done
  done
done
pcv report "$runs"/run-*/ --pooled --out "$runs/report"
