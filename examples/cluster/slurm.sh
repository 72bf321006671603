#!/bin/bash
# Launch: sbatch --export=ALL,MANIFEST=night.jsonl,OUTPUT=/shared/night examples/cluster/slurm.sh
# Each task of the array renders its own part of the jobs; parts never meet, so each keeps its own
# store on the shared disk. Submit it again to go on: what is done is not made again.
#SBATCH --job-name=emogen
#SBATCH --array=1-4
#SBATCH --gres=gpu:1
#SBATCH --cpus-per-task=8
#SBATCH --mem=64G
#SBATCH --time=12:00:00
#SBATCH --signal=B:TERM@120
#SBATCH --requeue
#SBATCH --output=emogen-%A_%a.log
set -euo pipefail

PARTS=${SLURM_ARRAY_TASK_COUNT:-4}
PART=${SLURM_ARRAY_TASK_ID:-1}

# two minutes before the time is up SLURM sends TERM to this shell: pass it on, so that the run
# ends what it writes and gives the rest back
emogen render run "$MANIFEST" --output "$OUTPUT" --state "$OUTPUT/.parts/$PART" \
    --shard "$PART/$PARTS" &
RUN=$!
trap 'kill -TERM $RUN' TERM
wait $RUN && CODE=0 || CODE=$?
# after the signal the first wait returns early; the second one waits for the end
if kill -0 $RUN 2>/dev/null; then wait $RUN && CODE=0 || CODE=$?; fi

# 130: interrupted, everything given back; 3: the machine, for instance a full disk
if [ "$CODE" -eq 130 ] && [ -n "${SLURM_JOB_ID:-}" ]; then scontrol requeue "$SLURM_JOB_ID"; fi
exit "$CODE"
