#!/usr/bin/env bash
# Slurm, a directory that is not there: as --chdir the job runs in /tmp and succeeds, as --output it never runs.
#
# software   Slurm 22.05.8, munge 0.5.15 (Debian 12: 22.05.8-4+deb12u3, 0.5.15-2+deb12u1)
# read       sbatch(1), --chdir and --output, which say nothing of it; src/slurmd/slurmstepd/mgr.c and task.c (the
#            change to /tmp); ESLURMD_IO_ERROR, which becomes exit code 0:53
# guess      Both are refused by sbatch or fail the job, and the reason is in the job's record.
# behaviour  Without its working directory a job runs in /tmp: COMPLETED, exit code 0:0, WorkDir as asked for; only the
#            job's own standard error says it. When the output file cannot be made, the script does not run: FAILED,
#            JobLaunchFailure, 0:53, and no file, mail or field says why.
# matters    A spider that writes by relative paths "succeeds" with its items in /tmp of a node. The shim has to change
#            its directory and open its logs itself, with -D / and -o /dev/null.
# seen       2026-11-28:
#              --chdir: sbatch exits with 0; JobState=COMPLETED Reason=None ExitCode=0:0; ran in /tmp
#              --output: sbatch exits with 1; JobState=FAILED Reason=JobLaunchFailure ExitCode=0:53; did not run
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

tmp=$(mktemp -d)
started=()
finish() {
    kill "${started[@]}" 2> /dev/null || true
    wait
    rm -rf "$tmp"
}
trap finish EXIT
cd "$tmp"
chmod 755 .
slurm=22.05.8-4+deb12u3
apt-get -q download {slurmctld,slurmd,slurm-client,slurm-wlm-basic-plugins}=$slurm {munge,libmunge2}=0.5.15-2+deb12u1 \
    libhwloc15=2.9.0-1 > /dev/null 2>&1 || untried "apt-get has no Slurm $slurm"
for package in *.deb; do dpkg -x "$package" root; done
libraries=$(echo "$tmp"/root/usr/lib/*-linux-gnu)
export PATH=$tmp/root/usr/bin:$tmp/root/usr/sbin:$PATH
export LD_LIBRARY_PATH=$libraries:$libraries/slurm-wlm SLURM_CONF=$tmp/slurm.conf
slurmctld-wlm -V || untried "a library of Slurm is missing"

mkdir state spool
(umask 077 && head -c 1024 /dev/urandom > key)
read -r controller node <<< "$(python3 -c 'import socket
servers = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*(server.getsockname()[1] for server in servers))')"
printf '%s\n' ClusterName=finding "SlurmctldHost=$(hostname -s)(127.0.0.1)" SlurmctldPort="$controller" \
    AuthInfo=socket="$tmp/munge" SlurmUser="$(id -un)" SlurmdUser="$(id -un)" PluginDir="$libraries/slurm-wlm" \
    StateSaveLocation="$tmp/state" SlurmdSpoolDir="$tmp/spool" SlurmctldPidFile="$tmp/1" SlurmdPidFile="$tmp/2" \
    ProctrackType=proctrack/linuxproc TaskPlugin=task/none SwitchType=switch/none MpiDefault=none MailProg=/bin/true \
    SelectType=select/cons_tres SelectTypeParameters=CR_CPU SchedulerParameters=batch_sched_delay=0 \
    "NodeName=node NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=$node CPUs=2" \
    "PartitionName=all Nodes=ALL Default=YES State=UP" > slurm.conf
munged -F --key-file=key --socket="$tmp/munge" --pid-file=3 --log-file=log-munge --seed-file=seed 2> /dev/null &
started+=($!)
slurmctld-wlm -D -c 2> log-controller &
started+=($!)
slurmd-wlm -D -N node -d "$tmp/root/usr/sbin/slurmstepd-wlm" 2> log-node &
started+=($!)
until [[ $(timeout 5 sinfo -h -N -o %T 2> /dev/null) == idle ]]; do
    ((SECONDS < 60)) || untried "the cluster does not come up"
    sleep 0.2
done

# job OPTION…: runs one, and says what became of it.
job() {
    local status=0 place="did not run"
    rm -f ran
    timeout 60 sbatch -W "$@" --wrap "pwd > $tmp/ran" > /dev/null 2>&1 || status=$?
    [[ ! -s ran ]] || place="ran in $(cat ran)"
    result="sbatch exits with $status; $(scontrol show job | grep -oE '(JobState|Reason|ExitCode)=\S+' | tail -n 3 |
        paste -sd' '); $place"
}
job --chdir="$tmp/nowhere" --output=/dev/null
echo "--chdir: $result"
[[ $result == "sbatch exits with 0; JobState=COMPLETED Reason=None ExitCode=0:0; ran in /tmp" ]] || changed "--chdir"
job --output="$tmp/nowhere/log"
echo "--output: $result"
[[ $result == "sbatch exits with 1; JobState=FAILED Reason=JobLaunchFailure ExitCode=0:53; did not run" ]] ||
    changed "--output"
echo "as described"
