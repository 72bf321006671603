#!/usr/bin/env bash
# The whole recipe of the embedded model in one command, for a machine with a GPU or for a night on CPU cores:
#
#   EMOGEN_DATA=/path/to/corpora training/full_recipe.sh [MINUTES] [CLIPS] [WORKERS]
#
# EMOGEN_CORPUS=focused takes the fifteen subjects that two CPU cores can learn; the default is the whole corpus.
# Renders and caches the corpus, then trains stills, decoder and clips for fixed parts of MINUTES (default 25)
# and assembles assets/models/nano. Stages that have finished are not repeated; a stopped stage goes on.
set -euo pipefail
cd "$(dirname "$0")/.."
minutes=${1:-25} clips=${2:-24576} workers=${3:-$(nproc)}
cache=${EMOGEN_LATENTS:-cache/nano} runs=${EMOGEN_RUNS:-runs}
part() { python3 -c "print(int($minutes * 60 * $1))"; }
again() { [ -f "$1/last.pt" ] && echo --resume || true; }
export PYTHONPATH="$PWD${PYTHONPATH:+:$PYTHONPATH}"
launch="python3 -m accelerate.commands.launch --num_processes 1 --num_machines 1 --mixed_precision no --dynamo_backend no"

python3 training/cache_latents.py --corpus "${EMOGEN_CORPUS:-embedded}" --out "$cache" --clips "$clips" --workers "$workers"
batch=$(python3 -c "import torch; print(256 if torch.cuda.is_available() else 32)")
$launch training/train_video.py --preset training/presets/nano_stills.toml $(again "$runs/nano-stills") \
    --set run="$runs/nano-stills" data="$cache/train" batch="$batch" loop.time_limit="$(part 0.27)"
python3 training/train_vae.py --cache "$cache" --run "$runs/nano-vae" $(again "$runs/nano-vae") \
    --minutes "$(python3 -c "print($minutes * 0.2)")"
if [ -f "$runs/nano-video/last.pt" ]; then start=--resume; else start="--start $runs/nano-stills"; fi
$launch training/train_video.py --preset training/presets/nano_video.toml $start \
    --set run="$runs/nano-video" data="$cache/train" batch="$((batch / 4))" loop.time_limit="$(part 0.45)"
python3 training/export_nano.py --run "$runs/nano-video" --vae "$runs/nano-vae/vae"
python3 training/pack_model.py assets/models/nano
