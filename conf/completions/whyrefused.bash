# SPDX-License-Identifier: MIT
# bash completion of whyrefused(1); installed as bash-completion/completions/whyrefused.
_whyrefused()
{
    local word=${COMP_WORDS[COMP_CWORD]} program=${COMP_WORDS[0]}
    local first=${COMP_WORDS[1]-}

    if [[ $COMP_CWORD -eq 1 ]]; then
        mapfile -t COMPREPLY < <(compgen -W 'run check explain settings --help --version' -- "$word"
            compgen -c -- "$word")
        return
    fi
    case $first in
    explain)
        [[ $COMP_CWORD -eq 2 ]] && mapfile -t COMPREPLY < <(compgen -W \
            "--harmless $("$program" explain 2>/dev/null | sed -n 's/^  \([a-z0-9-]*\) .*/\1/p')" -- "$word")
        ;;
    check)
        case ${COMP_WORDS[COMP_CWORD - 1]} in
        --format) mapfile -t COMPREPLY < <(compgen -W 'text short json' -- "$word") ;;
        --timeout) ;;
        *)
            case $word in
            -*) mapfile -t COMPREPLY < <(compgen -W \
                '--active --passive -4 -6 --tls --udp --timeout --format --help' -- "$word") ;;
            unix:*) mapfile -t COMPREPLY < <(compgen -f -P unix: -- "${word#unix:}") ;;
            *) mapfile -t COMPREPLY < <(compgen -A hostname -- "$word") ;;
            esac
            ;;
        esac
        ;;
    settings | --help | --version) ;;
    run | --)
        local at=2
        [[ $first = run && ${COMP_WORDS[2]-} = -- && $COMP_CWORD -gt 2 ]] && at=3
        _whyrefused_command "$at"
        ;;
    *) _whyrefused_command 1 ;;
    esac
}

# Completes the command that begins at a word, as if it stood alone.
_whyrefused_command()
{
    if declare -F _command_offset >/dev/null; then
        _command_offset "$1"
    elif [[ $COMP_CWORD -eq $1 ]]; then
        mapfile -t COMPREPLY < <(compgen -c -- "${COMP_WORDS[COMP_CWORD]}")
    else
        mapfile -t COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
    fi
}

complete -F _whyrefused whyrefused
