# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Redis on 127.0.0.1, which keeps nothing on disk; password generated per lab.
# Below its directory: redis.conf, log, pid, password, port.

redis_dir=$(service_dir redis)

redis_config() {
  cat <<CONF
bind 127.0.0.1
port $1
requirepass $(<"$redis_dir/password")
dir $redis_dir
save ""
appendonly no
daemonize no
CONF
}

redis_running() { running_in redis pid >/dev/null; }

redis_start() {
  start_in redis "$1" pid redis-server "$redis_dir/redis.conf"
  wait_for_line redis pid 'Ready to accept connections' || fail_to_start redis Redis
}

redis_up() {
  local port user
  port=$(wanted_port redis CUTPOINT_LAB_REDIS_PORT 16379)
  user=$(server_user redis)
  if redis_running; then
    [[ $(port_of redis) == "$port" ]] ||
      fail "Redis runs on port $(port_of redis), not $port; run: scripts/lab down redis"
    return
  fi
  command -v redis-server >/dev/null || fail 'no redis-server; run: sudo scripts/setup'
  redis_down # left by a start that failed, or from before a reboot
  need_ports CUTPOINT_LAB_REDIS_PORT "$port"
  make_service_dir redis "$user" 0700
  make_password redis
  (umask 077 && redis_config "$port" >"$redis_dir/redis.conf")
  chown "$user" "$redis_dir/redis.conf"
  redis_start "$user"
  echo "$port" >"$redis_dir/port"
  note "Redis is up on 127.0.0.1:$port"
}

redis_restart() {
  end_in redis pid
  redis_start "$(server_user redis)"
}

redis_down() {
  end_in redis pid
  rm -rf -- "$redis_dir"
}

redis_status() {
  redis_running || say_down redis || return
  echo "redis up 127.0.0.1:$(port_of redis)"
}

redis_env() {
  redis_running || note_down Redis redis || return
  echo "export CUTPOINT_REDIS_URL='redis://default:$(<"$redis_dir/password")@127.0.0.1:$(port_of redis)/0'"
}
