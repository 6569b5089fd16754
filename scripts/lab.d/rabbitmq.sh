# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# RabbitMQ on 127.0.0.1: user `cutpoint`, password generated per lab. A node of its own, with an
# Erlang cookie, a port mapper (epmd) and a distribution port that no other node knows of; these two
# ports are those after the broker's, the HTTP management API has the third, and AMQP inside of TLS
# (1.2 and 1.3) the fourth.
# Below its directory: rabbitmq.conf, advanced.config, enabled_plugins, mnesia/ (its data), log, pid,
# epmd.pid, password, port, .erlang.cookie; ca.pem (the authority that clients trust), ca.key,
# server.pem and .key.

rabbitmq_dir=$(service_dir rabbitmq)
rabbitmq_name=mq.cutpoint.test
rabbitmq_scripts=/usr/lib/rabbitmq/bin # those on PATH insist on root or the system's own node

# The counts that the management API shows are at most about 2 s old; by default, 10 s.
rabbitmq_config() {
  cat <<CONF
listeners.tcp.1 = 127.0.0.1:$1
default_user = cutpoint
default_pass = $(<"$rabbitmq_dir/password")
log.file = false
log.console = true
collect_statistics_interval = 1000
management.sample_retention_policies.global.minute = 1
management.sample_retention_policies.basic.minute = 1
management.sample_retention_policies.detailed.minute = 1
management.tcp.ip = 127.0.0.1
management.tcp.port = $(($1 + 3))
listeners.ssl.1 = 127.0.0.1:$(($1 + 4))
ssl_options.cacertfile = $rabbitmq_dir/ca.pem
ssl_options.certfile = $rabbitmq_dir/server.pem
ssl_options.keyfile = $rabbitmq_dir/server.key
ssl_options.verify = verify_none
ssl_options.versions.1 = tlsv1.3
ssl_options.versions.2 = tlsv1.2
CONF
}

# What the node finds in its environment (rabbitmq-env.conf(5)), for AMQP port $1.
rabbitmq_environment() {
  cat <<ENV
HOME=$rabbitmq_dir
ERL_EPMD_ADDRESS=127.0.0.1
ERL_EPMD_PORT=$(($1 + 1))
RABBITMQ_CONF_ENV_FILE=/dev/null
RABBITMQ_CONFIG_FILE=$rabbitmq_dir/rabbitmq.conf
RABBITMQ_ADVANCED_CONFIG_FILE=$rabbitmq_dir/advanced.config
RABBITMQ_DIST_PORT=$(($1 + 2))
RABBITMQ_ENABLED_PLUGINS_FILE=$rabbitmq_dir/enabled_plugins
RABBITMQ_LOG_BASE=$rabbitmq_dir
RABBITMQ_LOGS=-
RABBITMQ_MNESIA_BASE=$rabbitmq_dir/mnesia
RABBITMQ_NODENAME=cutpoint-$1@localhost
RABBITMQ_PID_FILE=$rabbitmq_dir/node.pid
RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-kernel inet_dist_use_interface {127,0,0,1}
ENV
}

rabbitmq_running() { running_in rabbitmq pid >/dev/null; }

rabbitmq_create() {
  local user=$1 file
  make_service_dir rabbitmq "$user" 0711 # clients read ca.pem
  install -d -m 0700 -o "$user" "$rabbitmq_dir/mnesia"
  make_certificates rabbitmq "$user" "$rabbitmq_name" || fail_to_start rabbitmq openssl
  make_password rabbitmq
  (
    umask 077
    od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$rabbitmq_dir/.erlang.cookie"
    rabbitmq_config "$2" >"$rabbitmq_dir/rabbitmq.conf"
    echo '[rabbitmq_management].' >"$rabbitmq_dir/enabled_plugins"
    echo '[{rabbit, [{quorum_tick_interval, 1000}]}].' >"$rabbitmq_dir/advanced.config"
  )
  for file in .erlang.cookie rabbitmq.conf advanced.config enabled_plugins; do
    chown "$user" "$rabbitmq_dir/$file"
  done
  chmod 0400 "$rabbitmq_dir/.erlang.cookie"
}

# The shell that starts the node becomes it (and its pid ours) where it believes to be a unit of
# systemd; otherwise it stays as its parent, and Erlang would start a port mapper that outlives both.
rabbitmq_start() {
  local user=$1 port=$2
  local -a environment
  mapfile -t environment < <(rabbitmq_environment "$port")
  running_in rabbitmq epmd.pid >/dev/null ||
    start_in rabbitmq "$user" epmd.pid epmd -address 127.0.0.1 -port $((port + 1))
  start_in rabbitmq "$user" pid env "${environment[@]}" RUNNING_UNDER_SYSTEMD=true \
    "$rabbitmq_scripts/rabbitmq-server"
  wait_for_line rabbitmq pid 'Server startup complete' || {
    end_in rabbitmq epmd.pid
    fail_to_start rabbitmq RabbitMQ
  }
}

rabbitmq_up() {
  local port user
  port=$(wanted_port rabbitmq CUTPOINT_LAB_AMQP_PORT 16672)
  user=$(server_user rabbitmq)
  if rabbitmq_running; then
    [[ $(port_of rabbitmq) == "$port" ]] ||
      fail "RabbitMQ runs on port $(port_of rabbitmq), not $port; run: scripts/lab down rabbitmq"
    return
  fi
  [[ -x $rabbitmq_scripts/rabbitmq-server ]] || fail 'no rabbitmq-server; run: sudo scripts/setup'
  rabbitmq_down # left by a start that failed, or from before a reboot
  need_ports CUTPOINT_LAB_AMQP_PORT "$port" $((port + 1)) $((port + 2)) $((port + 3)) \
    $((port + 4))
  rabbitmq_create "$user" "$port"
  rabbitmq_start "$user" "$port"
  echo "$port" >"$rabbitmq_dir/port"
  note "RabbitMQ is up on 127.0.0.1:$port"
}

# Clients are told that the broker goes (CONNECTION_FORCED).
rabbitmq_restart() {
  end_in rabbitmq pid
  rabbitmq_start "$(server_user rabbitmq)" "$(port_of rabbitmq)"
}

# A clean stop takes it 5 s, for data that goes with it.
rabbitmq_down() {
  end_in rabbitmq pid KILL
  end_in rabbitmq epmd.pid
  rm -rf -- "$rabbitmq_dir"
}

rabbitmq_status() {
  rabbitmq_running || say_down rabbitmq || return
  echo "rabbitmq up 127.0.0.1:$(port_of rabbitmq)"
}

rabbitmq_env() {
  local login port
  rabbitmq_running || note_down RabbitMQ rabbitmq || return
  login="cutpoint:$(<"$rabbitmq_dir/password")"
  port=$(port_of rabbitmq)
  echo "export CUTPOINT_AMQP_URL='amqp://$login@127.0.0.1:$port/%2f'"
  echo "export CUTPOINT_AMQP_ADDRESS='127.0.0.1:$port'"
  echo "export CUTPOINT_AMQPS_ADDRESS='127.0.0.1:$((port + 4))'"
  echo "export CUTPOINT_AMQP_CA='$rabbitmq_dir/ca.pem'"
  echo "export CUTPOINT_AMQP_MANAGEMENT='http://$login@127.0.0.1:$((port + 3))'"
}
