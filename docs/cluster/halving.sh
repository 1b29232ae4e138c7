#!/bin/sh
# A halving as arrays of Slurm, one a rung, each after the one before:
#
#	./halving.sh halving.json
set -eu
after=
tatami sweep "$@" --dry-run --lang en | sed -n 's/^rung \([0-9]*\): \([0-9]*\) runs.*/\1 \2/p' | while read -r rung runs; do
	job=$(sbatch --parsable $after --array="0-$((runs - 1))" "$(dirname "$0")/sweep.sbatch" "$@" --rung "$rung")
	echo "rung $rung: job $job"
	after=--dependency=afterany:$job
done
