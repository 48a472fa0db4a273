#!/usr/bin/env bash
# The front door for verbs: ./wyckoff.sh VERB [ARGS]. Each runs against the system that is up, whichever way it was started,
# or against ConnectionStrings__wyckoff where that is set.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

usage() {
  cat <<'EOF'
usage: ./wyckoff.sh VERB [ARGS]

  up [ARGS]        start everything (dotnet run --project AppHost)
  status           migrations, hypertables, policies, sizes
  migrate [ARGS]   bring the database to this build's schema (--dry-run, --to NAME, --verify)
  samples          load the sample data
  import PATH…     bars from files and folders (--symbol, --timeframe; --help lists the rest)
  export ARGS      stored bars into a CSV or Parquet file: --symbol SPY --timeframe 1d --output spy.parquet
  recompute ARGS   compute anew what follows from the bars: coarser bars, derived fields, indicators (--symbol A,B or --all)
  maintain         one round of maintenance now: aggregates, retention, materialized views
  sync [ARGS]      fetch the bars that are missing (--symbol --timeframe --from [--to] [--provider])
  feeds [ARGS]     what the service keeps current: list, add, remove
  psql [ARGS]      open psql on the running system
  backup FILE      everything in the database, into one file
  restore FILE DB  that file, into a new database
EOF
}

# The running system's database, as its owner sees it.
connect() {
  [ -z "${ConnectionStrings__wyckoff:-}" ] || return 0
  ConnectionStrings__wyckoff=$("$here/eng/psql" --connection-string) || exit 1
  export ConnectionStrings__wyckoff
}

verb=${1:-help}
[ $# -eq 0 ] || shift
case $verb in
  up) exec dotnet run --project "$here/AppHost" -- "$@" ;;
  status) connect && exec dotnet run --project "$here/MigrationService" -- --status "$@" ;;
  migrate) connect && exec dotnet run --project "$here/MigrationService" -- "$@" ;;
  samples) connect && exec dotnet run --project "$here/Ingestor" -- samples "$@" ;;
  sync | feeds) connect && exec dotnet run --project "$here/Ingestor" -- "$verb" "$@" ;;
  import) connect && exec dotnet run --project "$here/Ingestor" -- import "$@" ;;
  export) connect && exec dotnet run --project "$here/Ingestor" -- export "$@" ;;
  recompute) connect && exec dotnet run --project "$here/Ingestor" -- recompute "$@" ;;
  maintain)
    # Where nobody gave the worker's own connection: whoever owns the database may act as wyckoff_worker.
    connect
    export ConnectionStrings__worker="${ConnectionStrings__worker:-$ConnectionStrings__wyckoff;Options=-c role=wyckoff_worker}"
    exec dotnet run --project "$here/Ingestor" -- maintain "$@"
    ;;
  psql | backup | restore) exec "$here/eng/$verb" "$@" ;;
  help | -h | --help) usage ;;
  *)
    echo "wyckoff: there is no verb '$verb'; ./wyckoff.sh help lists them" >&2
    exit 1
    ;;
esac
