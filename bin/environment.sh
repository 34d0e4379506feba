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
    for source in "$root"/requirements/*.txt "$root"/requirements/*/*.txt "$root"/bin/bootstrap/*.py; do
        [ "$stamp" -nt "$source" ] || return 1
    done
    { read -r checkout && read -r operations; } < "$stamp" || return 1
    [ "$checkout" = "$root" ] || return 1
    case $1 in core | fast) ;; *) [ "${HOROVOD_GPU_OPERATIONS:-$operations}" = "$operations" ] ;; esac
}

# Whether $system_python runs archspec.
fits() {
    "$system_python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

# Sets $system_python to a Python outside the environment: the one that is named, else the one that the environment was
# made with, else the first that is there.
find_python() {
    if [ -n "${ARCHSPEC_PYTHON:-}" ]; then
        system_python=$ARCHSPEC_PYTHON
        fits && return
        echo "archspec: ARCHSPEC_PYTHON names $ARCHSPEC_PYTHON, which is no Python 3.11, 3.12 or 3.13 that runs here." >&2
        return 1
    fi
    made_with=
    [ ! -r "$venv/pyvenv.cfg" ] || while read -r key _ value; do
        [ "$key" != executable ] || made_with=$value
    done < "$venv/pyvenv.cfg"
    for system_python in ${made_with:+"$made_with"} python3 python3.13 python3.12 python3.11 python; do
        fits && return
    done
    echo "archspec: Python 3.11, 3.12 or 3.13 is missing. Install one (Debian, Ubuntu: apt-get install python3" \
        "python3-venv; Fedora: dnf install python3.13; macOS: brew install python@3.13), or name it in" \
        "ARCHSPEC_PYTHON." >&2
    return 1
}

# Makes STAGE ready, or ends the command with the sentence that says why not.
prepare() {
    ready "$1" && return
    find_python || exit 1
    "$system_python" -E -s -B "$root/bin/bootstrap" "$1" "$venv" >&2 || exit $?
}
