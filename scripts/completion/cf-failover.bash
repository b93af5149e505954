# Completion of cf-failover(1) for bash. The options come from the program itself.

_cf_failover() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  case $before in
    --type) mapfile -t COMPREPLY < <(compgen -W 'A AAAA' -- "$word") ;;
    --unfamiliar) mapfile -t COMPREPLY < <(compgen -W 'follow main-first keep' -- "$word") ;;
    --method) mapfile -t COMPREPLY < <(compgen -W 'GET HEAD POST' -- "$word") ;;
    --probe) mapfile -t COMPREPLY < <(compgen -W 'https:// http:// tcp: icmp exec:' -- "$word") ;;
    -c | --config | --ca-file) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    --state-dir) mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
    --since) mapfile -t COMPREPLY < <(compgen -W 'day week month' -- "$word") ;;
    --from-interface)
      mapfile -t COMPREPLY < <(compgen -W "$(sed -n 's/^ *\([^ :]*\):.*/\1/p' /proc/net/dev 2>/dev/null)" -- "$word")
      ;;
    --record | --zone | --main | --backup | --ttl | --timeout | --connect-timeout | --attempts | \
      --retry-delay | --expect-status | --expect-body | --max-body | --header | --canary | --deadline | --fall | \
      --rise | --failback-delay | --from-url | --replace | --why | --hold | --at)
      COMPREPLY=()
      ;;
    *)
      if [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" --help 2>/dev/null |
          sed -n 's/^ *\(-[a-z], \)\{0,1\}\(--[a-z-]*\).*/\2/p')" -- "$word")
      elif [[ " ${COMP_WORDS[*]:1:COMP_CWORD-1} " == *' switch '* ]]; then
        mapfile -t COMPREPLY < <(compgen -W 'main backup' -- "$word")
      else
        mapfile -t COMPREPLY < <(compgen -W \
          'run status set-backup switch hold release history explain check-config notify-test' -- "$word")
      fi
      ;;
  esac
}

complete -F _cf_failover cf-failover
