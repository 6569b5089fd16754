# SPDX-License-Identifier: Apache-2.0
# What zsh offers after a line, one word each.   usage: zsh -f complete.zsh DIRECTORY LINE
# DIRECTORY holds _cutpoint, and may be written to. A completion runs in the line editor alone: so one
# is driven, in a terminal of its own; what is offered is said instead of shown.
zmodload zsh/zpty
cat >$1/say.zsh <<'SETUP'
fpath=(${0:h} $fpath)
autoload -Uz compinit
compinit -u -D
zstyle ':completion:*' completer _complete
compadd() {
  local -a here
  builtin compadd -O here "$@"
  offered+=("${here[@]}")
  builtin compadd "$@"
}
say() {
  local -a offered
  _main_complete
  print -rl -- ${(o)offered} >${SAID:?}
  print -r -- said.
  exit
}
zle -C say complete-word say
bindkey '^X' say
SETUP
typeset -g seen=
wait_for() {
  local part
  while [[ $seen != *$1* ]]; do
    zpty -r shell part || exit 1
    seen+=$part
  done
}
export SAID=$1/said
zpty shell zsh -f -i
zpty -w shell "source ${(q)1}/say.zsh; print rea''dy"
wait_for ready
zpty -w -n shell "$2"$'\x18'
wait_for said.
cat $SAID
