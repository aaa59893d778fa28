#!/usr/bin/env bash
# One container engine with all that it keeps in one folder, for the live tests; nothing of the machine's own engines is
# touched. Needs root.
#
#     engine.bash missing ENGINE                  prints the programs that are missing
#     engine.bash start ENGINE FOLDER             starts it, with an image of busybox that is made here
#     engine.bash run ENGINE FOLDER NAME SCRIPT   starts a container that runs SCRIPT in a shell, prints its id; it may use
#                                               64 MiB of memory
#     engine.bash exec ENGINE FOLDER NAME SCRIPT  runs SCRIPT in the container
#     engine.bash terminal docker FOLDER NAME SCRIPT  the same with a terminal
#     engine.bash prefix ENGINE FOLDER NAME       prints the words of a command, a line each, that runs what stands behind them
#                                               in a new container with the machine's files, where strace works
#     engine.bash pause ENGINE FOLDER NAME        stops all that runs in the container; returns when it stands still
#     engine.bash unpause ENGINE FOLDER NAME      lets it go on
#     engine.bash status docker FOLDER NAME       prints what Docker says of the container: running, paused, exited
#     engine.bash restart docker FOLDER           ends Docker and starts it again; its containers end with it
#     engine.bash stop ENGINE FOLDER              ends containers and engine, takes mounts and folders away
#
# ENGINE is docker, podman, or containerd: that one with a control group as a kubelet names it, and CRI's annotations.
set -euo pipefail

verb=$1 engine=$2 folder=${3:-} name=${4:-} script=${5:-}
image=local/busybox:1.0
pod_uid=0b7a6c58-66a1-4b7e-9d3f-1c2d3e4f5a6b

# conmon leaves a file where it was started when a container runs out of memory.
if [ -d "$folder" ]; then cd "$folder"; fi

docker() { command docker -H "unix://$folder/docker.sock" "$@"; }
podman_arguments=(
  --root "$folder/storage" --runroot "$folder/run" --runtime runc --cgroup-manager=cgroupfs --events-backend=file
  --storage-driver=vfs
)
podman() { command podman "${podman_arguments[@]}" "$@"; }
ctr() { command ctr -a "$folder/containerd.sock" -n k8s.io "$@"; }
# The id that a container of a name has in containerd's tests: 64 digits made from the name.
digits() { printf '%s' "$folder/$1" | sha256sum | cut -d' ' -f1; }

start_docker() {
  setsid dockerd --iptables=false --ip6tables=false --bridge=none --storage-driver="${REEL_DOCKER_STORAGE:-vfs}" --data-root "$folder/data" \
    --exec-root "$folder/exec" --pidfile "$folder/pid" -H "unix://$folder/docker.sock" >>"$folder/log" 2>&1 </dev/null &
  wait_for docker version
}

make_rootfs() {
  mkdir -p "$folder/rootfs"/{bin,tmp,etc,proc,dev,sys}
  cp "$(command -v busybox)" "$folder/rootfs/bin/busybox"
  local applet
  for applet in sh ls cat sleep echo true dd touch cp mkdir ln rm nc grep find shred; do ln -s busybox "$folder/rootfs/bin/$applet"; done
}

wait_for() {
  for _ in $(seq 300); do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 0.1
  done
  echo "not ready after 30 seconds: $*" >&2
  tail -n 5 "$folder/log" >&2 || true
  exit 1
}

case $verb in
missing)
  programs=(runc busybox)
  case $engine in
  docker) programs+=(dockerd docker containerd tini) ;;
  podman) programs+=(podman conmon) ;;
  containerd) programs+=(containerd ctr) ;;
  esac
  for program in "${programs[@]}"; do command -v "$program" >/dev/null || echo "$program"; done
  ;;
start)
  make_rootfs
  case $engine in
  docker)
    start_docker
    tar -C "$folder/rootfs" -c . | docker import - "$image" >/dev/null
    ;;
  podman)
    tar -C "$folder/rootfs" -c . | podman import -q - "$image" >/dev/null
    setsid podman "${podman_arguments[@]}" system service --time=0 "unix://$folder/podman.sock" >"$folder/log" 2>&1 </dev/null &
    echo $! >"$folder/pid"
    wait_for test -S "$folder/podman.sock"
    ;;
  containerd)
    cat >"$folder/config.toml" <<END
version = 2
root = "$folder/root"
state = "$folder/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "$folder/containerd.sock"
END
    setsid containerd --config "$folder/config.toml" >"$folder/log" 2>&1 </dev/null &
    echo $! >"$folder/pid"
    wait_for ctr version
    # The container that stands for the pod has the pod's labels.
    ctr container create --rootfs --label app=shop "$folder/rootfs" "$(digits sandbox)" true
    ;;
  esac
  ;;
run)
  case $engine in
  docker)
    read -r -a options <<<"${REEL_DOCKER_OPTIONS:-}"
    docker run -d --net=none --memory 64m --name "$name" --label team="$name-team" "${options[@]}" "$image" sh -c "$script"
    ;;
  podman)
    podman run -d --net=none --memory 64m --name "$name" --label team="$name-team" --ulimit nofile=1024:1024 \
      --ulimit nproc=1000:1000 "$image" sh -c "$script"
    ;;
  containerd)
    id=$(digits "$name")
    cri=io.kubernetes.cri
    ctr run -d --rootfs --label team="$name-team" --memory-limit $((64 << 20)) --env PATH=/bin \
      --cgroup "/kubepods/besteffort/pod$pod_uid/cri-containerd-$id" \
      --annotation "$cri.container-type=container" --annotation "$cri.container-name=$name" \
      --annotation "$cri.image-name=docker.io/$image" --annotation "$cri.sandbox-id=$(digits sandbox)" \
      --annotation "$cri.sandbox-name=$name-pod" --annotation "$cri.sandbox-namespace=testing" \
      --annotation "$cri.sandbox-uid=$pod_uid" "$folder/rootfs" "$id" sh -c "$script" >/dev/null
    echo "$id"
    ;;
  esac
  ;;
exec)
  case $engine in
  docker) docker exec "$name" sh -c "$script" ;;
  podman) podman exec "$name" sh -c "$script" ;;
  containerd) ctr task exec --exec-id "e$$" "$(digits "$name")" sh -c "$script" ;;
  esac
  ;;
terminal)
  # Docker alone: with a terminal of its own, as a person has.
  docker exec -t "$name" sh -c "$script"
  ;;
prefix)
  rights=(--cap-add SYS_PTRACE --security-opt seccomp=unconfined)
  case $engine in
  docker)
    words=(
      docker -H "unix://$folder/docker.sock" run --rm --name "$name" --net=none "${rights[@]}" -v /:/host "$image"
    )
    ;;
  podman)
    words=(
      podman "${podman_arguments[@]}" run --rm --name "$name" --net=none "${rights[@]}" --ulimit nofile=1024:1024
      --ulimit nproc=1000:1000 -v /:/host "$image"
    )
    ;;
  containerd)
    id=$(digits "$name")
    words=(
      ctr -a "$folder/containerd.sock" -n k8s.io run --rm --rootfs --cap-add CAP_SYS_PTRACE
      --mount type=bind,src=/,dst=/host,options=rbind:rw --cgroup "/kubepods/besteffort/pod$pod_uid/cri-containerd-$id"
      --annotation "io.kubernetes.cri.container-name=$name" --annotation "io.kubernetes.cri.sandbox-id=$(digits sandbox)"
      "$folder/rootfs" "$id"
    )
    ;;
  esac
  printf '%s\n' "${words[@]}" /bin/busybox chroot /host
  ;;
pause)
  case $engine in
  docker) docker pause "$name" >/dev/null ;;
  podman) podman pause "$name" >/dev/null ;;
  containerd) ctr task pause "$(digits "$name")" ;;
  esac
  ;;
unpause)
  case $engine in
  docker) docker unpause "$name" >/dev/null ;;
  podman) podman unpause "$name" >/dev/null ;;
  containerd) ctr task resume "$(digits "$name")" ;;
  esac
  ;;
status) docker inspect --format '{{.State.Status}}' "$name" ;;
restart)
  before=$(cat "$folder/pid")
  kill "$before"
  for _ in $(seq 300); do
    kill -0 "$before" 2>/dev/null || break
    sleep 0.1
  done
  start_docker
  ;;
stop)
  case $engine in
  docker) docker ps -aq | xargs -r command docker -H "unix://$folder/docker.sock" rm -f >/dev/null 2>&1 || true ;;
  podman) podman rm -fa -t 0 >/dev/null 2>&1 || true ;;
  containerd)
    for id in $(ctr task ls -q 2>/dev/null); do ctr task rm -f "$id" >/dev/null 2>&1 || true; done
    for id in $(ctr container ls -q 2>/dev/null); do ctr container rm "$id" >/dev/null 2>&1 || true; done
    ;;
  esac
  if pid=$(cat "$folder/pid" 2>/dev/null); then
    kill "$pid" 2>/dev/null || true
    for _ in $(seq 50); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
    kill -KILL "$pid" 2>/dev/null || true
  fi
  # What keeps containers outlives an engine that was killed: known by the folder in its arguments, and its children with it.
  for process in /proc/[0-9]*; do
    if { tr '\0' ' ' <"$process/cmdline"; } 2>/dev/null | grep -qE "^[^ ]*(containerd-shim|conmon)[^ ]* .*$folder/"; then
      keeper=${process#/proc/}
      for child in $(cat "$process/task/$keeper/children" 2>/dev/null); do kill -KILL "$child" 2>/dev/null || true; done
      kill -KILL "$keeper" 2>/dev/null || true
    fi
  done
  # On hosts with hierarchies of both kinds engines leave groups behind in the one that they do not use. A group in which
  # something runs cannot be removed.
  find /sys/fs/cgroup -depth -type d -regextype posix-extended \
    -regex '.*/(docker|libpod_parent|kubepods)/.*[0-9a-f]{64}.*' -exec rmdir {} \; 2>/dev/null || true
  # Whatever an engine left mounted, innermost first.
  awk -v folder="$folder/" 'index($5, folder) == 1 { print $5 }' /proc/self/mountinfo | sort -r | while read -r point; do
    umount -l "$point" || true
  done
  rm -rf "$folder"
  ;;
esac
