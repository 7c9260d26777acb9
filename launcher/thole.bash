# SPDX-License-Identifier: GPL-2.0-or-later
# thole.bash - completion of thole's command line in bash. It asks thole itself what there is, so it
# can't be out of date.

# The value of one option, by its kind in `thole --dump-options`.
_thole_value() { # name, word so far
    local record name kind choices
    while IFS=$'\t' read -r record name _ kind _ choices _; do
        [[ $record == option && $name == "$1" ]] || continue
        case $kind in
        path)
            compopt -o filenames 2>/dev/null
            COMPREPLY=($(compgen -f -- "$2"))
            ;;
        console) COMPREPLY=($(compgen -W 'stdio none file:' -- "$2")) ;;
        net)
            compopt -o nospace 2>/dev/null
            COMPREPLY=($(compgen -W 'bridge= tap= macvtap= fd=' -- "$2"))
            ;;
        vsock) COMPREPLY=($(compgen -W 'auto none' -- "$2")) ;;
        sched) COMPREPLY=($(compgen -W 'other fifo:' -- "$2")) ;;
        *) [[ $choices == - ]] || COMPREPLY=($(compgen -W "$choices" -- "$2")) ;;
        esac
        return
    done < <("$_thole_program" --dump-options 2>/dev/null)
}

# The long name of a short option.
_thole_long() { # letter
    case $1 in
    f) echo file ;;
    *) "$_thole_program" --dump-options 2>/dev/null |
        awk -F'\t' -v l="$1" '$1 == "option" && $3 == l { print $2 }' ;;
    esac
}

_thole_names() { # record
    "$_thole_program" --dump-options 2>/dev/null |
        awk -F'\t' -v r="$1" '$1 == r { print $2 }'
}

_thole() {
    local IFS=$' \t\n' cur=${COMP_WORDS[COMP_CWORD]} at=$COMP_CWORD
    local _thole_program=${COMP_WORDS[0]} option
    COMPREPLY=()

    # bash makes words of their own of equals signs: --policy = sp
    if [[ $cur == = ]]; then
        cur=
    elif [[ ${COMP_WORDS[at - 1]} == = ]]; then
        at=$((at - 1))
    fi
    option=${COMP_WORDS[at - 1]}

    if [[ $COMP_CWORD == 1 ]]; then
        COMPREPLY=($(compgen -W "$(_thole_names command) --help --version" -- "$cur"))
        return
    fi
    if [[ ${COMP_WORDS[1]} == help ]]; then
        COMPREPLY=($(compgen -W "$(_thole_names command)" -- "$cur"))
        return
    fi
    case ${COMP_WORDS[at - 2]} in
    -o | --set)
        if [[ $at != "$COMP_CWORD" || ${COMP_WORDS[COMP_CWORD]} == = ]]; then
            _thole_value "$option" "$cur"
            return
        fi
        ;;
    esac
    case $option in
    -o | --set)
        compopt -o nospace 2>/dev/null
        COMPREPLY=($(compgen -S = -W "$(_thole_names option)" -- "$cur"))
        return
        ;;
    -f | --file | --for | --root)
        compopt -o filenames 2>/dev/null
        COMPREPLY=($(compgen -f -- "$cur"))
        return
        ;;
    --*)
        _thole_value "${option#--}" "$cur"
        # A switch's value comes after an equals sign only.
        [[ ${#COMPREPLY[@]} != 0 && "${COMPREPLY[*]}" != *yes* && "${COMPREPLY[*]}" != *no ]] &&
            return
        [[ $at != "$COMP_CWORD" || ${COMP_WORDS[COMP_CWORD]} == = ]] && return
        ;;
    -[a-z])
        _thole_value "$(_thole_long "${option#-}")" "$cur"
        [[ ${#COMPREPLY[@]} != 0 && "${COMPREPLY[*]}" != *yes* && "${COMPREPLY[*]}" != *no ]] &&
            return
        ;;
    esac
    COMPREPLY=()
    [[ $cur == -* ]] || return
    COMPREPLY=($(compgen -W "$("$_thole_program" "${COMP_WORDS[1]}" --help 2>/dev/null |
        grep -oE -- '--[a-z][a-z-]*' | sort -u)" -- "$cur"))
}

complete -F _thole thole
