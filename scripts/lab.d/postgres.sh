# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# PostgreSQL on 127.0.0.1 and ::1 (and $CUTPOINT_LAB_PG_ALSO): role and database `cutpoint`, password
# generated per lab.
# Below its directory: data/ (the cluster), socket/, log, password, port, also (the address beside
# loopback's); `ready` once it was set up completely.

postgres_dir=$(service_dir postgres)

# The newest server on this host; Debian keeps one directory per major version.
postgres_bin() {
  local found
  found=$(printf '%s\n' /usr/lib/postgresql/*/bin/postgres | sort -V | tail -n 1)
  [[ -x $found ]] || fail "no PostgreSQL server under /usr/lib/postgresql; run: sudo scripts/setup"
  dirname "$found"
}

# PostgreSQL refuses to run as root; the package made a user for it.
postgres_user() {
  if [[ $EUID -eq 0 ]]; then echo postgres; else id -un; fi
}

as_postgres() {
  if [[ $EUID -eq 0 ]]; then
    (cd / && unlocked runuser -u postgres -- "$@")
  else
    unlocked "$@"
  fi
}

postgres_ctl() {
  as_postgres "$(postgres_bin)/pg_ctl" --pgdata="$postgres_dir/data" --silent "$@"
}

# Its pid file may be left from before a reboot, and the pid be another's now: a postmaster's
# working directory is its data directory.
postgres_running() {
  local pid
  pid=$(head -n 1 -- "$postgres_dir/data/postmaster.pid" 2>/dev/null) || return 1
  [[ /proc/$pid/cwd -ef $postgres_dir/data ]]
}

postgres_port() { cat -- "$postgres_dir/port"; }

# The port to start on: the one asked for, else the one of last time, else 15432: below those that
# Linux gives to clients (net.ipv4.ip_local_port_range), so that no connection holds it.
postgres_wanted_port() {
  echo "${CUTPOINT_LAB_PG_PORT:-$(postgres_port 2>/dev/null || echo 15432)}"
}

postgres_config() {
  cat <<CONF
listen_addresses = '127.0.0.1,::1${CUTPOINT_LAB_PG_ALSO:+,$CUTPOINT_LAB_PG_ALSO}'
unix_socket_directories = '$postgres_dir/socket'
password_encryption = 'scram-sha-256'
ssl = ${CUTPOINT_LAB_PG_TLS:-off}
max_connections = 200
max_prepared_transactions = 20
shared_buffers = 32MB
max_wal_size = 128MB
log_line_prefix = '%m [%p] %q%u@%d '
CONF
}

# The superuser comes in by the socket directory alone, which only its owner can enter.
postgres_hba() {
  cat <<HBA
local all postgres peer map=lab
local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
host all all ::1/128 scram-sha-256
HBA
  [[ -z ${CUTPOINT_LAB_PG_ALSO:-} ]] || echo 'host all all samenet scram-sha-256'
}

# For clients that encrypt, and need not know who answers (sslmode=require).
postgres_certificate() {
  [[ ${CUTPOINT_LAB_PG_TLS:-off} == on ]] || return 0
  as_postgres openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
    -subj '/CN=localhost' -keyout "$postgres_dir/data/server.key" \
    -out "$postgres_dir/data/server.crt" 2>>"$postgres_dir/log"
}

postgres_create() {
  local owner data=$postgres_dir/data
  owner=$(postgres_user)
  rm -rf -- "$postgres_dir"
  install -d -m 0700 -o "$owner" "$postgres_dir" "$postgres_dir/socket"
  as_postgres "$(postgres_bin)/initdb" --pgdata="$data" --username=postgres --encoding=UTF8 \
    --locale=C.UTF-8 --auth=reject --no-sync --no-instructions >"$postgres_dir/log"
  chown "$owner" "$postgres_dir/log"
  postgres_certificate
  postgres_config >>"$data/postgresql.conf"
  postgres_hba >"$data/pg_hba.conf"
  echo "lab $owner postgres" >"$data/pg_ident.conf"
  echo "${CUTPOINT_LAB_PG_ALSO:-}" >"$postgres_dir/also"
  make_password postgres
}

postgres_create_role() {
  as_postgres "$(postgres_bin)/psql" --no-psqlrc --quiet --set=ON_ERROR_STOP=1 \
    --host="$postgres_dir/socket" --port="$1" --username=postgres --dbname=postgres <<SQL
CREATE ROLE cutpoint LOGIN PASSWORD '$(<"$postgres_dir/password")';
GRANT pg_monitor, pg_signal_backend TO cutpoint;
CREATE DATABASE cutpoint OWNER cutpoint;
SQL
}

postgres_check() {
  need_ports CUTPOINT_LAB_PG_PORT "$1"
  as_postgres test -x "$(dirname "$postgres_dir")" ||
    fail "user $(postgres_user) cannot enter $(dirname "$postgres_dir"); set CUTPOINT_LAB_DIR to where it can"
}

postgres_start() {
  local port=$1
  postgres_ctl --log="$postgres_dir/log" --options="-p $port" --wait start || {
    tail -n 5 -- "$postgres_dir/log" >&2
    fail "PostgreSQL did not start; its log is $postgres_dir/log"
  }
  # It also starts where it can listen on one of its addresses only.
  if [[ -z $(ss -Hltn "src 127.0.0.1:$port") ]]; then
    postgres_ctl --wait --mode=immediate stop
    fail "PostgreSQL cannot listen on 127.0.0.1:$port: a connection of this host may hold that port;" \
      "try again or set CUTPOINT_LAB_PG_PORT"
  fi
  echo "$port" >"$postgres_dir/port"
}

postgres_up() {
  local port
  port=$(postgres_wanted_port)
  if [[ -f $postgres_dir/ready && -n ${CUTPOINT_LAB_PG_ALSO:-} ]] &&
    [[ $(<"$postgres_dir/also") != "$CUTPOINT_LAB_PG_ALSO" ]]; then
    fail "this PostgreSQL was made without $CUTPOINT_LAB_PG_ALSO; run: scripts/lab down"
  fi
  if postgres_running && [[ -f $postgres_dir/ready ]]; then
    [[ $(postgres_port) == "$port" ]] ||
      fail "PostgreSQL runs on port $(postgres_port), not $port; run: scripts/lab down"
    return
  fi
  [[ -f $postgres_dir/ready ]] || postgres_down # left by a set-up that was interrupted
  postgres_check "$port"
  [[ -f $postgres_dir/ready ]] || postgres_create
  postgres_start "$port"
  [[ -f $postgres_dir/ready ]] || postgres_create_role "$port"
  touch "$postgres_dir/ready"
  note "PostgreSQL is up on 127.0.0.1:$port"
}

# `fast` waits for every backend to end; one that is stopped or stuck needs `immediate`.
postgres_stop() {
  local pid
  postgres_running || return 0
  pid=$(head -n 1 -- "$postgres_dir/data/postmaster.pid")
  postgres_ctl --wait --timeout=20 --mode=fast stop || postgres_ctl --wait --mode=immediate stop
  # pg_ctl waits for the pid file to go; the process ends a moment later.
  wait_for_end "$pid" || true
}

postgres_restart() {
  postgres_stop
  postgres_start "$(postgres_port)"
}

postgres_down() {
  [[ -d $postgres_dir ]] || return 0
  postgres_stop
  rm -rf -- "$postgres_dir"
}

postgres_status() {
  if postgres_running; then
    echo "postgres up 127.0.0.1:$(postgres_port)"
  else
    say_down postgres
  fi
}

postgres_env() {
  local login port
  postgres_running || note_down PostgreSQL postgres || return
  login="postgresql://cutpoint:$(<"$postgres_dir/password")"
  port=$(postgres_port)
  echo "export CUTPOINT_PG_DSN='$login@127.0.0.1:$port/cutpoint'"
  echo "export CUTPOINT_PG_DSN_IPV6='$login@[::1]:$port/cutpoint'"
  echo "export CUTPOINT_PG_SOCKET_DIR='$postgres_dir/socket'"
}
