#!/usr/bin/env bash
# Runs a verb: ./wyckoff.sh VERB [ARGS]. A verb works on the database named by ConnectionStrings__wyckoff, otherwise on that of the running
# system.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

usage() {
  cat <<'EOF'
usage: ./wyckoff.sh [--data FOLDER] VERB [ARGS]

  up [ARGS]        start everything (dotnet run --project AppHost)
  status           migrations, hypertables, policies, sizes
  migrate [ARGS]   migrate the database to the schema of this build (--dry-run, --verify, --reset --yes)
  samples          load the sample data
  import PATH…     import bars from files and folders (--symbol, --timeframe, --dry-run; --help lists all options)
  imports ARGS     list imports, or undo one: imports list, imports undo ID
  export ARGS      export stored bars to a CSV or Parquet file: --symbol SPY --timeframe 1d --output spy.parquet
  recompute ARGS   recompute coarser bars, derived fields and indicators from the stored bars (--symbol A,B or --all)
  maintain         run one round of maintenance: aggregates, retention, materialized views
  sync [ARGS]      fetch missing bars (--symbol --timeframe --from [--to] [--provider])
  feeds [ARGS]     list, add or remove the feeds that the service keeps up to date
  keys ARGS        make, list and revoke API keys: keys create --account local --name notebook --scope read [--expires 90]
  accounts ARGS    accounts list, create --email E --name N [--admin], deactivate|activate EMAIL, admin EMAIL [--off]
  waitlist ARGS    requests for access: waitlist list [--status waiting], approve|reject EMAIL [--notes TEXT]
  psql [--owner] [ARGS]  open psql on the running system
  backup FILE      write everything in the database to a file
  restore FILE DB  restore a backup to a new database

--data FOLDER names the data folder of a running system; it is needed only if several systems run.
EOF
}

# Sets ConnectionStrings__wyckoff to the administrator's connection to the database of the running system.
connect() {
  [ -z "${ConnectionStrings__wyckoff:-}" ] || return 0
  ConnectionStrings__wyckoff=$("$here/eng/psql" --connection-string) || exit 1
  export ConnectionStrings__wyckoff
}

# is_older DLL FOLDER tells whether the folder has a source file that is newer than the assembly.
is_older() {
  [ ! -e "$1" ] || [ -n "$(find "$2" -name obj -prune -o -name bin -prune -o -type f -newer "$1" -print -quit)" ]
}

# run PROJECT [ARGS] runs the built program in the current folder, so that relative paths work. It builds the program first if its sources
# are newer.
run() {
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
  migrate)
    # A running system has made its first admin key, or needs none.
    [ -n "${ConnectionStrings__wyckoff:-}" ] || export Wyckoff__Access="${Wyckoff__Access:-local}"
    connect && run MigrationService "$@"
    ;;
  keys | accounts | waitlist) connect && run MigrationService "$verb" "$@" ;;
  samples | sync | feeds | import | imports | export | recompute) connect && run Ingestor "$verb" "$@" ;;
  maintain)
    # Without a connection of the worker's own, the administrator's connection takes the role wyckoff_worker.
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
