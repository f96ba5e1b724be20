# What the tools say to whoever runs them. Sourced by them, not run.
# shellcheck shell=bash

# Colours only where somebody sees them.
if [[ -t 1 && -z ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then
    bold=$'\e[1m' green=$'\e[32m' red=$'\e[31m' dim=$'\e[2m' plain=$'\e[0m'
else
    bold='' green='' red='' dim='' plain=''
fi

# heading TEXT: a new step begins.
heading() { printf '\n%s== %s%s\n' "$bold" "$1" "$plain"; }

# say TEXT: a line about the step.
say() { printf '   %s\n' "$1"; }

# fail WHAT [REMEDY…]: says what went wrong and what to do about it, and ends the program with 1.
fail() {
    printf '\n%s%s: %s%s\n' "$red" "${0##*/}" "$1" "$plain" >&2
    shift
    (($# == 0)) || printf '  %s\n' "$@" >&2
    exit 1
}

# usage_of FILE: the comment at the beginning of a script, without the marks.
usage_of() { sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$1"; }
