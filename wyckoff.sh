#!/usr/bin/env bash
# The front door for verbs: ./wyckoff.sh VERB [ARGS]. Each works on the system that is up, wherever its servers run, or on the database that
# ConnectionStrings__wyckoff names.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

usage() {
  cat <<'EOF'
usage: ./wyckoff.sh [--data FOLDER] VERB [ARGS]

  up [ARGS]        start everything (dotnet run --project AppHost)
  status           migrations, hypertables, policies, sizes
  migrate [ARGS]   bring the database to this build's schema (--dry-run, --verify, --reset --yes)
  samples          load the sample data
  import PATH…     bars from files and folders (--symbol, --timeframe; --help lists the rest)
  export ARGS      stored bars into a CSV or Parquet file: --symbol SPY --timeframe 1d --output spy.parquet
  recompute ARGS   compute anew what follows from the bars: coarser bars, derived fields, indicators (--symbol A,B or --all)
  maintain         one round of maintenance now: aggregates, retention, materialized views
  sync [ARGS]      fetch the bars that are missing (--symbol --timeframe --from [--to] [--provider])
  feeds [ARGS]     what the service keeps current: list, add, remove
  psql [--owner] [ARGS]  open psql on the running system
  backup FILE      everything in the database, into one file
  restore FILE DB  that file, into a new database

--data FOLDER names the data folder of a system that was started with it; it is needed only while several run.
EOF
}

# The running system's database, as its owner sees it.
connect() {
  [ -z "${ConnectionStrings__wyckoff:-}" ] || return 0
  ConnectionStrings__wyckoff=$("$here/eng/psql" --connection-string) || exit 1
  export ConnectionStrings__wyckoff
}

is_older() { # DLL FOLDER: is a source in the folder newer than the assembly that was built from it?
  [ ! -e "$1" ] || [ -n "$(find "$2" -name obj -prune -o -name bin -prune -o -type f -newer "$1" -print -quit)" ]
}

# Runs the built program in the caller's folder, so that relative paths are the caller's; builds it first where its sources are newer.
run() { # PROJECT [ARGS]
  local project=$1 built
  shift
  built=$(ls -dt "$here/$project"/bin/*/*/"Wyckoff.$project.dll" 2>/dev/null | head -n 1)
  built=$(dirname "${built:-$here/$project/bin/Debug/net10.0/none}")
  if is_older "$built/Wyckoff.$project.dll" "$here/$project" || is_older "$built/Wyckoff.dll" "$here/Wyckoff" ||
    is_older "$built/Wyckoff.ServiceDefaults.dll" "$here/ServiceDefaults"; then
    dotnet build "$here/$project" --configuration "$(basename "$(dirname "$built")")" -v quiet --nologo >&2
  fi
  exec dotnet "$built/Wyckoff.$project.dll" "$@"
}

if [ "${1:-}" = --data ]; then
  [ $# -ge 2 ] || { echo "wyckoff: --data needs a folder" >&2; exit 1; }
  export WYCKOFF_HOME=$2
  shift 2
fi
verb=${1:-help}
[ $# -eq 0 ] || shift
case $verb in
  up) exec dotnet run --project "$here/AppHost" -- "$@" ;;
  status) connect && run MigrationService --status "$@" ;;
  migrate) connect && run MigrationService "$@" ;;
  samples | sync | feeds | import | export | recompute) connect && run Ingestor "$verb" "$@" ;;
  maintain)
    # Where nobody gave the worker's own connection: whoever owns the database may act as wyckoff_worker.
    connect
    export ConnectionStrings__worker="${ConnectionStrings__worker:-$ConnectionStrings__wyckoff;Options=-c role=wyckoff_worker}"
    run Ingestor maintain "$@"
    ;;
  psql | backup | restore) exec "$here/eng/$verb" "$@" ;;
  help | -h | --help) usage ;;
  *)
    echo "wyckoff: there is no verb '$verb'; ./wyckoff.sh help lists them" >&2
    exit 1
    ;;
esac
