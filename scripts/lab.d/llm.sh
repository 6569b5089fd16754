# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# An LLM host: nginx on 127.0.0.1 and ::1 that answers Gemini's generateContent (JSON) and
# streamGenerateContent (server-sent events) with the same few words, by TLS 1.2 and 1.3 with
# HTTP/1.1 and 2, and on the port after it by HTTP/1.1 in clear.
# Below its directory: ca.pem (the authority that clients trust) and ca.key, server.pem and .key (for
# llm.cutpoint.test, localhost and the addresses), nginx.conf, log, access.log, pid, port.

llm_dir=$(service_dir llm)
llm_name=llm.cutpoint.test

# One event of an answer: the text, and further members of the candidate.
llm_event() {
  printf '{"candidates":[{"content":{"parts":[{"text":"%s"}],"role":"model"},"index":0%s}],' "$1" "${2:-}"
  printf '"usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":5,"totalTokenCount":9},'
  printf '"modelVersion":"gemini-2.0-flash"}'
}

# Directives of the echo module. It reads the whole request before it answers, and takes the time of a
# small model: 50 ms to the first byte, as long between events.
llm_answers() {
  local word finish=',"finishReason":"STOP"'
  cat <<CONF
location ~ ^/v1beta/models/[^/]+:generateContent\$ {
  default_type application/json;
  echo_read_request_body;
  echo_sleep 0.05;
  echo '$(llm_event 'One two three four five.' "$finish")';
}
location ~ ^/v1beta/models/[^/]+:streamGenerateContent\$ {
  default_type text/event-stream;
  echo_read_request_body;
CONF
  for word in One ' two' ' three' ' four'; do
    printf "  echo_sleep 0.05;\n  echo 'data: %s\r\n\r';\n  echo_flush;\n" "$(llm_event "$word")"
  done
  printf "  echo_sleep 0.05;\n  echo 'data: %s\r\n\r';\n}\n" "$(llm_event ' five.' "$finish")"
}

# usage: llm_config PORT
llm_config() {
  local temporary
  cat <<CONF
load_module /usr/lib/nginx/modules/ngx_http_echo_module.so;
daemon off;
worker_processes 1;
pid $llm_dir/nginx.pid;
events { worker_connections 1024; }
http {
access_log $llm_dir/access.log;
server_tokens off;
CONF
  for temporary in client_body proxy fastcgi uwsgi scgi; do
    echo "${temporary}_temp_path $llm_dir/tmp-$temporary;"
  done
  cat <<CONF
server {
listen 127.0.0.1:$1 ssl http2;
listen [::1]:$1 ssl http2;
listen 127.0.0.1:$(($1 + 1));
listen [::1]:$(($1 + 1));
server_name $llm_name localhost;
ssl_certificate $llm_dir/server.pem;
ssl_certificate_key $llm_dir/server.key;
ssl_protocols TLSv1.2 TLSv1.3;
ssl_session_cache shared:lab:1m;
if (\$request_method != POST) { return 405; }
$(llm_answers)
}
}
CONF
}

llm_running() { running_in llm pid >/dev/null; }

llm_start() {
  start_in llm "$1" pid nginx -c "$llm_dir/nginx.conf" -e stderr -g 'error_log stderr notice;'
  # The workers are forked when the sockets listen.
  wait_for_line llm pid 'start worker process ' || fail_to_start llm nginx
}

llm_up() {
  local port user
  port=$(wanted_port llm CUTPOINT_LAB_LLM_PORT 18443)
  user=$(server_user www-data)
  if llm_running; then
    [[ $(port_of llm) == "$port" ]] ||
      fail "the LLM host runs on port $(port_of llm), not $port; run: scripts/lab down llm"
    return
  fi
  command -v nginx >/dev/null || fail 'no nginx; run: sudo scripts/setup'
  llm_down # left by a start that failed, or from before a reboot
  need_ports CUTPOINT_LAB_LLM_PORT "$port" $((port + 1))
  make_service_dir llm "$user" 0711 # clients read ca.pem
  make_certificates llm "$user" "$llm_name" || fail_to_start llm openssl
  llm_config "$port" >"$llm_dir/nginx.conf"
  llm_start "$user"
  echo "$port" >"$llm_dir/port"
  note "the LLM host is up on 127.0.0.1:$port (TLS) and :$((port + 1))"
}

llm_restart() {
  end_in llm pid
  llm_start "$(server_user www-data)"
}

llm_down() {
  end_in llm pid
  rm -rf -- "$llm_dir"
}

llm_status() {
  llm_running || say_down llm || return
  echo "llm up 127.0.0.1:$(port_of llm)"
}

llm_env() {
  local port
  llm_running || note_down 'the LLM host' llm || return
  port=$(port_of llm)
  echo "export CUTPOINT_LLM_URL='https://127.0.0.1:$port'"
  echo "export CUTPOINT_LLM_ADDRESS='127.0.0.1:$port'"
  echo "export CUTPOINT_LLM_URL_IPV6='https://[::1]:$port'"
  echo "export CUTPOINT_LLM_URL_CLEAR='http://127.0.0.1:$((port + 1))'"
  echo "export CUTPOINT_LLM_NAME='$llm_name'"
  echo "export CUTPOINT_LLM_CA='$llm_dir/ca.pem'"
}
