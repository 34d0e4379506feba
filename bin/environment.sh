# Sourced by the commands beside it, which set $script to their own path first: names the checkout, its environment and
# that environment's Python, and sets the environment up when something is missing. Starts no process when nothing is.

root=$(CDPATH='' cd "${script%/*}/.." && pwd -P)
venv=${ARCHSPEC_VENV:-$root/.venv}
case $venv in /*) ;; *) venv=$PWD/$venv ;; esac
python=$venv/bin/python

# Whether STAGE is set up here, from the files that stand here now. The stamp's first line says for which checkout,
# its second for which GPU operations; an unset HOROVOD_GPU_OPERATIONS accepts what is there.
ready() {
    stamp=$venv/$1.stamp
    [ -x "$python" ] || return 1
    for source in "$root"/requirements/*.txt "$root"/bin/bootstrap/*.py; do
        [ "$stamp" -nt "$source" ] || return 1
    done
    { read -r checkout && read -r operations; } < "$stamp" || return 1
    [ "$checkout" = "$root" ] || return 1
    [ "$1" = core ] || [ "${HOROVOD_GPU_OPERATIONS:-$operations}" = "$operations" ]
}

# Sets $system_python to a Python 3.11 outside the environment.
find_python() {
    for system_python in ${ARCHSPEC_PYTHON:+"$ARCHSPEC_PYTHON"} python3.11 python3 python; do
        "$system_python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null && return
    done
    echo "archspec: Python 3.11 is missing. Install it (Debian, Ubuntu: apt-get install python3.11 python3.11-venv;" \
        "Fedora: dnf install python3.11; macOS: brew install python@3.11), or name it in ARCHSPEC_PYTHON." >&2
    return 1
}

# Makes STAGE ready, or ends the command with the sentence that says why not.
prepare() {
    ready "$1" && return
    find_python || exit 1
    "$system_python" -E -s -B "$root/bin/bootstrap" "$1" "$venv" >&2 || exit $?
}
